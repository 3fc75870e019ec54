/* SPDX-License-Identifier: MIT */
/* token.h - stream tokens: who holds one may read one run, for some minutes. A browser's
 * EventSource cannot send headers, so it goes in the URL as ?token=EXPIRY-HMAC (HMAC-SHA-256 of run
 * id and expiry). The key is DATA/token.key, made on the first start, so that streams survive a
 * restart. Pure but for token_open. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/mac.h"
#include <stdint.h>

enum { TOKEN_BYTES = 96, TOKEN_TTL_MS = 15 * 60 * 1000 };

struct token_key {
    struct mac mac;
};

bool token_open(struct token_key *k, const char *data, struct error *err) MUST_CHECK;
/* run: an id, shorter than ID_BYTES. */
void token_make(const struct token_key *k, const char *run, int64_t now_ms, char out[TOKEN_BYTES]);
bool token_ok(const struct token_key *k, const char *run, int64_t now_ms, struct text token);
