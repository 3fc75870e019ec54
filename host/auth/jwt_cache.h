/* SPDX-License-Identifier: MIT */
/* jwt_cache.h - remembers what a token grants once its signature has been found to hold, by the
 * SHA-256 of the token. A new entry takes the place of the oldest when the cache is full.
 * Owner: one struct jwt. Thread: loop. Limit: JWT_CACHE_TOKENS. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "domain/proof/jwt.h"

enum { JWT_CACHE_TOKENS = 1024 };

struct jwt_cache {
    struct map by_hash; /* SHA-256 of the token -> struct grant_entry */
    struct list by_age; /* the oldest first */
};

void jwt_cache_init(struct jwt_cache *c);
void jwt_cache_done(struct jwt_cache *c);
void jwt_cache_clear(struct jwt_cache *c);
/* Copies what the token grants to *out; false when it is not known. The caller
 * checks the grant's times. */
bool jwt_cache_find(const struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                    struct jwt_grant *out);
void jwt_cache_put(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                   const struct jwt_grant *grant);
void jwt_cache_drop(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES]);
