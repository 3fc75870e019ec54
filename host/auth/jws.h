/* SPDX-License-Identifier: MIT */
/* jws.h - public keys, and whether one of them made a token's signature (RFC 7515, 7518, 8037). A
 * key has one algorithm, whatever a token's header asks for. OpenSSL computes.
 * Owner: struct jwt. Thread: loop. Limits: RSA of 2048 to 8192 bits, the curves
 * P-256 and Ed25519. */
#pragma once
#include "domain/proof/jwt.h"

enum { JWS_RSA_MIN = 2048, JWS_RSA_MAX = 8192, JWS_P256 = 32, JWS_ED25519 = 32 };

struct jws_key;

/* These make a public key of its parts: big-endian numbers for n, e, x and y (RFC 7518, section 6),
 * the encoded point for Ed25519 (RFC 8037). NULL: the parts make no key, or one that is too weak;
 * err says which. The caller frees the key. */
struct jws_key *jws_key_rsa(struct text n, struct text e, struct error *err) MUST_CHECK;
struct jws_key *jws_key_p256(struct text x, struct text y, struct error *err) MUST_CHECK;
struct jws_key *jws_key_ed25519(struct text x, struct error *err) MUST_CHECK;
void jws_key_free(struct jws_key *k);
enum jwt_algorithm jws_key_algorithm(const struct jws_key *k);

/* True when this key made the token's signature. A token of another algorithm never holds. */
bool jws_holds(const struct jws_key *k, const struct jwt_token *t);
/* The same for HS256 and a shared secret, of which nothing is kept. */
bool jws_hmac_holds(struct text secret, const struct jwt_token *t);
