/* SPDX-License-Identifier: MIT */
/* jwt.h - JSON Web Tokens (RFC 7519) in compact form (RFC 7515): takes a token to pieces, and says
 * what its claims grant here. auth/jws.h checks the signature.
 *
 * A token can grant project.trigger, run.read, run.control and trigger.manage, never key.manage,
 * secret.manage or "*": with a stolen signing key, nobody shall make credentials that outlive it.
 * Pure. Owner: the caller. Thread: any. Limits: the enum below. */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include "domain/proof/api_key.h"

enum {
    JWT_BYTES = 8192,             /* of a token */
    JWT_KID = 256,                /* of a key's name, with its NUL */
    JWT_SUBJECT = 256,            /* of `sub`, with its NUL */
    JWT_CALLER = JWT_SUBJECT + 4, /* "jwt:" in front */
    JWT_LEEWAY_MS = 60000,        /* nbf and iat may be that far ahead of our clock; exp has none */
    JWT_HMAC_BYTES = 32,          /* the shortest secret (RFC 7518, section 3.2) */
    JWT_GRANTABLE = PERMISSION_TRIGGER | PERMISSION_READ | PERMISSION_CONTROL | PERMISSION_MANAGE,
};

enum jwt_algorithm { JWT_HS256, JWT_RS256, JWT_ES256, JWT_EDDSA, JWT_ALGORITHMS };

/* The names are those of `alg` (RFC 7518, section 3.1; RFC 8037): HS256, RS256, ES256, EdDSA. */
const char *jwt_algorithm_name(enum jwt_algorithm a);
bool jwt_algorithm_of(struct text name, enum jwt_algorithm *out) MUST_CHECK;

struct jwt_token {
    struct text whole;     /* borrowed, as the next */
    struct text signed_of; /* header and payload as they were sent, which the signature signs */
    enum jwt_algorithm algorithm;
    char kid[JWT_KID];              /* empty: none */
    struct text payload, signature; /* decoded; they point into `bytes` */
    unsigned char bytes[JWT_BYTES];
};

/* True when the text might be a token: it has three parts. */
bool jwt_looks(struct text token);
/* Takes a token to pieces without checking its signature. The header must be strict JSON and
 * name a known algorithm; `crit` and `b64` are refused, `typ` may be anything, and keys that the
 * token brings along (jwk, jku, x5c, x5u) are not looked at. err says what is wrong and shows
 * nothing of the token. */
bool jwt_read(struct text token, struct jwt_token *out, struct error *err) MUST_CHECK;

struct jwt_policy {
    const char *issuer;   /* `iss` must be this; NULL: `iss` may be anything or absent */
    const char *audience; /* `aud` must be this or a list that has it; NULL: no `aud` is allowed */
};

/* What a token grants, and when. */
struct jwt_grant {
    unsigned permissions;            /* of JWT_GRANTABLE */
    char projects[API_KEY_PROJECTS]; /* as struct api_key has them */
    char subject[JWT_SUBJECT];
    int64_t from_ms;  /* nbf and iat, the later of them; 0: neither is there */
    int64_t until_ms; /* exp */
};

/* Reads the claims. `exp` is needed, and `sub`, which stands in logs: a text without control
 * characters, quotes and backslashes. `projects` is "*" or a list of project names; `permissions`
 * is a list, of which those that cannot be granted are passed over. Without these two nothing is
 * granted. A claim of another type or form makes the whole token void. */
bool jwt_grant_read(struct text payload, const struct jwt_policy *policy, struct jwt_grant *out,
                    struct error *err) MUST_CHECK;
/* True when the grant counts at now_ms (wall clock), with JWT_LEEWAY_MS for from_ms. */
bool jwt_grant_lives(const struct jwt_grant *g, int64_t now_ms, struct error *err) MUST_CHECK;
