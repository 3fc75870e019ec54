/* SPDX-License-Identifier: MIT */
/* jwt_cache.h - what tokens grant whose signatures have been found to hold, by the SHA-256 of the
 * token. The oldest makes room. Owner: one struct jwt. Thread: loop. Limit: JWT_CACHE_TOKENS. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "domain/proof/jwt.h"

enum { JWT_CACHE_TOKENS = 1024 };

struct jwt_cache {
    struct map by_hash;
    struct list by_age;
};

void jwt_cache_init(struct jwt_cache *c);
void jwt_cache_done(struct jwt_cache *c);
void jwt_cache_clear(struct jwt_cache *c);
/* Whether its time has come or gone is for the caller to see. */
bool jwt_cache_find(const struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                    struct jwt_grant *out);
void jwt_cache_put(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                   const struct jwt_grant *grant);
void jwt_cache_drop(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES]);
