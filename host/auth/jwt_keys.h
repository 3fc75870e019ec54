/* SPDX-License-Identifier: MIT */
/* jwt_keys.h - the public keys of a file: one or more PEM blocks "PUBLIC KEY", or a JWK, or a JWK
 * set (RFC 7517, 7518, 8037). Owner: struct jwt_file. Thread: loop. Limit: JWT_KEYS keys. */
#pragma once
#include "auth/jws.h"

enum {
    JWT_KEYS = 64,
    JWT_TRIES = 4, /* keys tried for one token: a signature costs time */
};

struct jwt_key {
    struct jws_key *key;
    char kid[JWT_KID]; /* empty: none */
};

struct jwt_keys {
    struct jwt_key keys[JWT_KEYS];
    size_t count;
};

/* Reads the keys of a file's content. allowed: bits (1 << enum jwt_algorithm). Keys of other
 * algorithms, types and uses are passed over (RFC 7517, section 5). NULL and err: the content is
 * malformed, holds a private key, or has no key that is allowed. */
struct jwt_keys *jwt_keys_read(struct text file, unsigned allowed, struct error *err) MUST_CHECK;
void jwt_keys_free(struct jwt_keys *keys);
/* True when one of the keys made the token's signature. Tried are the keys of the token's algorithm
 * that have its kid or none; all of the algorithm when the token has no kid. err says why not. */
bool jwt_keys_hold(const struct jwt_keys *keys, const struct jwt_token *t,
                   struct error *err) MUST_CHECK;

/* In jwt_pem.c: appends the keys of PEM blocks (RFC 7468). */
bool jwt_pem_read(struct text file, struct jwt_keys *keys, struct error *err) MUST_CHECK;
