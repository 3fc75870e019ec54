/* SPDX-License-Identifier: MIT */
/* stream_token.h - stream tokens: who holds one may read one run, for some minutes. A browser's
 * EventSource cannot send headers, so it goes in the URL as ?token=EXPIRY-HMAC (HMAC-SHA-256 of run
 * id and expiry). The key is DATA/token.key, made on the first start, so that streams survive a
 * restart. Pure but for stream_token_open. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/mac.h"
#include <stdint.h>

enum { STREAM_TOKEN_BYTES = 96, STREAM_TOKEN_TTL_MS = 15 * 60 * 1000 };

struct stream_token_key {
    struct mac mac;
};

bool stream_token_open(struct stream_token_key *k, const char *data, struct error *err) MUST_CHECK;
/* run: an id, shorter than ID_BYTES. */
void stream_token_make(const struct stream_token_key *k, const char *run, int64_t now_ms,
                       char out[STREAM_TOKEN_BYTES]);
bool stream_token_ok(const struct stream_token_key *k, const char *run, int64_t now_ms,
                     struct text token);
