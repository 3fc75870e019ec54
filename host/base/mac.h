/* SPDX-License-Identifier: MIT */
/* mac.h - HMAC-SHA-256 (RFC 2104) under one key for many messages: what depends on the key alone is
 * computed once. Holds what is as good as the key. Thread: any (mac_sign changes nothing). */
#pragma once
#include "base/id.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* see id_sha256 */
#include <openssl/sha.h>

struct mac {
    SHA256_CTX inner, outer;
};

void mac_init(struct mac *m, const void *key, size_t bytes); /* at most 64 bytes */
void mac_sign(const struct mac *m, struct text message, unsigned char out[SHA256_BYTES]);
