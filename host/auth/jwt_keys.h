/* SPDX-License-Identifier: MIT */
/* jwt_keys.h - the public keys of a file: one or more PEM blocks "PUBLIC KEY", or a JWK or a JWK
 * set (RFC 7517, 7518, 8037). Owner: engine. Thread: loop. Limit: JWT_KEYS keys. */
#pragma once
#include "auth/jws.h"

enum { JWT_KEYS = 64 };

struct jwt_key {
    struct jws_key *key;
    char kid[JWT_KID]; /* empty: none */
};

struct jwt_keys {
    struct jwt_key keys[JWT_KEYS];
    size_t count;
};

/* allowed: bits (1 << enum jwt_algorithm). Of a set, keys of other algorithms, types and uses are
 * passed over, as its standard asks; when none is left, that is a mistake. So is a private key.
 * NULL and err otherwise. */
struct jwt_keys *jwt_keys_read(struct text file, unsigned allowed, struct error *err) MUST_CHECK;
void jwt_keys_free(struct jwt_keys *keys);
/* Whether one of them made the token's signature. Keys of the token's kid are tried, and those
 * without a kid; all of its algorithm if it has none: at most JWT_TRIES. err says why not. */
enum { JWT_TRIES = 4 };
bool jwt_keys_hold(const struct jwt_keys *keys, const struct jwt_token *t,
                   struct error *err) MUST_CHECK;

/* jwt_pem.c: appends the keys of PEM blocks. */
bool jwt_pem_read(struct text file, struct jwt_keys *keys, struct error *err) MUST_CHECK;
