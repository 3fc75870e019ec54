/* SPDX-License-Identifier: MIT */
/* jwt.h - JSON Web Tokens (RFC 7519) in compact form (RFC 7515): what a token is made of, and what
 * its claims grant here. Whether its signature holds is engine/jws.h's to say. Pure. Thread: any.
 *
 * A token can grant project.trigger, run.read, run.control and trigger.manage, never key.manage,
 * secret.manage or "*": whoever gets hold of an issuer's signing key shall not be able to make
 * credentials that outlive it. */
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

/* As `alg` has them (RFC 7518, section 3.1; RFC 8037): "HS256" "RS256" "ES256" "EdDSA". */
const char *jwt_algorithm_name(enum jwt_algorithm a);
bool jwt_algorithm_of(struct text name, enum jwt_algorithm *out) MUST_CHECK;

struct jwt_token {
    struct text whole;     /* borrowed, as the rest */
    struct text signed_of; /* header and payload as sent: what the signature is over */
    enum jwt_algorithm algorithm;
    char kid[JWT_KID];              /* empty: none */
    struct text payload, signature; /* decoded, in `bytes` */
    unsigned char bytes[JWT_BYTES];
};

/* Whether it might be one at all: three parts. */
bool jwt_looks(struct text token);
/* Takes it to pieces; the signature has been checked by nobody yet. The header must be strict JSON
 * and name a known algorithm; `crit` and `b64` are refused, `typ` may be any, keys that it brings
 * along (jwk, jku, x5c, x5u) are not looked at. err says why not and shows nothing of it. */
bool jwt_read(struct text token, struct jwt_token *out, struct error *err) MUST_CHECK;

struct jwt_policy {
    const char *issuer;   /* `iss` must be it; NULL: any or none */
    const char *audience; /* `aud` must be it or hold it; NULL: there must be no `aud` */
};

/* What a token grants, and when. */
struct jwt_grant {
    unsigned permissions;            /* of JWT_GRANTABLE */
    char projects[API_KEY_PROJECTS]; /* as struct api_key has them */
    char subject[JWT_SUBJECT];
    int64_t from_ms;  /* nbf and iat, the later of them; 0: neither is there */
    int64_t until_ms; /* exp */
};

/* Needs `exp` and `sub`, a text without control characters, quotes and backslashes (it stands in
 * logs). `projects` is "*" or a list of project names, `permissions` a list of
 * permissions, of which those that cannot be granted are passed over; without them nothing is
 * granted. A claim of another type or form makes the whole token void. */
bool jwt_grant_read(struct text payload, const struct jwt_policy *policy, struct jwt_grant *out,
                    struct error *err) MUST_CHECK;
bool jwt_grant_lives(const struct jwt_grant *g, int64_t now_ms, struct error *err) MUST_CHECK;
