/* SPDX-License-Identifier: MIT */
/* jwt.h - JSON Web Tokens as credentials: the keys of config `jwt`, and whether a token holds. Only
 * algorithms that the config names count; with jwt.secret that is HS256 alone, with jwt.keys never
 * HS256. A signature is judged before a claim is read. Owner: engine. Thread: loop. Limits: tokens
 * of JWT_BYTES; JWT_CACHE_TOKENS that are known and cost no signature (not for HS256, which is as
 * cheap). */
#pragma once
#include "domain/proof/jwt.h"

struct clock;
struct config;
struct jwt;
struct vault;

/* *out NULL: no `jwt` is configured. err begins with the setting that is wrong. */
bool jwt_open(struct jwt **out, const struct config *config, const struct vault *vault,
              const struct clock *clock, struct error *err) MUST_CHECK;
void jwt_free(struct jwt *j);
/* j NULL: none holds. err says why not and shows nothing of the token; it is for a debug log. */
bool jwt_check(struct jwt *j, struct text token, struct jwt_grant *out,
               struct error *err) MUST_CHECK;
