/* SPDX-License-Identifier: MIT */
/* stream_token.h - stream tokens, each of which lets its holder read one run for some minutes. A
 * browser's EventSource cannot send headers, so the token goes in the URL as ?token=EXPIRY-HMAC
 * (HMAC-SHA-256 of the run's id and the expiry). The key is DATA/token.key, made on the first
 * start, so that tokens survive a restart. Pure but for stream_token_open.
 * Owner: serve's app. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/mac.h"
#include <stdint.h>

enum { STREAM_TOKEN_BYTES = 96, STREAM_TOKEN_TTL_MS = 15 * 60 * 1000 };

struct stream_token_key {
    struct mac mac;
};

/* Reads the key from the data folder, or makes it there. Blocks. */
bool stream_token_open(struct stream_token_key *k, const char *data, struct error *err) MUST_CHECK;
/* Makes a token for a run (an id, shorter than ID_BYTES) that holds for STREAM_TOKEN_TTL_MS.
 * now_ms: wall clock. */
void stream_token_make(const struct stream_token_key *k, const char *run, int64_t now_ms,
                       char out[STREAM_TOKEN_BYTES]);
/* True when the token was made for this run and has not expired. */
bool stream_token_ok(const struct stream_token_key *k, const char *run, int64_t now_ms,
                     struct text token);
