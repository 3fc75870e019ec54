/* SPDX-License-Identifier: MIT */
/* jwt.h - JSON Web Tokens as credentials: holds the keys of the setting `jwt` and checks tokens
 * against them. Only the algorithms that the setting names count: with jwt.secret that is HS256
 * alone, with jwt.keys never HS256. The signature is checked before any claim is read.
 * Owner: engine. Thread: loop. Limits: a token has JWT_BYTES at most; JWT_CACHE_TOKENS that have
 * been found to hold are remembered, which saves their signature the next time (HS256 is cheap
 * enough without). */
#pragma once
#include "domain/proof/jwt.h"

struct clock;
struct config;
struct jwt;
struct vault;

/* Sets *out to NULL when no `jwt` is configured. err begins with the setting that is wrong. config
 * and vault are borrowed for the life of the result. */
bool jwt_open(struct jwt **out, const struct config *config, const struct vault *vault,
              const struct clock *clock, struct error *err) MUST_CHECK;
void jwt_free(struct jwt *j);
/* Checks a token and says what it grants. j may be NULL: no token holds then. err says why a token
 * does not hold and shows nothing of it; it is meant for a debug log. */
bool jwt_check(struct jwt *j, struct text token, struct jwt_grant *out,
               struct error *err) MUST_CHECK;
