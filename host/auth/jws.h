/* SPDX-License-Identifier: MIT */
/* jws.h - keys and signatures of tokens (RFC 7515, 7518, 8037); the only file that knows who
 * computes them: OpenSSL. A key has one algorithm, whatever a token says.
 * Owner: struct jwt. Thread: loop. Limits: RSA of 2048 to 8192 bits, the curve P-256. */
#pragma once
#include "domain/proof/jwt.h"

enum { JWS_RSA_MIN = 2048, JWS_RSA_MAX = 8192, JWS_P256 = 32, JWS_ED25519 = 32 };

struct jws_key;

/* Public keys, from the bytes of their parts: big-endian numbers for n, e, x and y (RFC 7518,
 * section 6), the encoded point for Ed25519 (RFC 8037). NULL: they make no key, or one that is too
 * weak. */
struct jws_key *jws_key_rsa(struct text n, struct text e, struct error *err) MUST_CHECK;
struct jws_key *jws_key_p256(struct text x, struct text y, struct error *err) MUST_CHECK;
struct jws_key *jws_key_ed25519(struct text x, struct error *err) MUST_CHECK;
void jws_key_free(struct jws_key *k);
enum jwt_algorithm jws_key_algorithm(const struct jws_key *k);

/* Whether that key made the token's signature; false for a token of another algorithm. */
bool jws_holds(const struct jws_key *k, const struct jwt_token *t);
/* The same for HS256; nothing of the secret is kept. */
bool jws_hmac_holds(struct text secret, const struct jwt_token *t);
