/* SPDX-License-Identifier: MIT */
#include "domain/config/config_jwt.h"

#include "domain/proof/jwt.h"
#include "domain/proof/secret.h"

enum { CLAIM_MAX = 1024 };

bool config_jwt_algorithm(struct text value, struct error *err)
{
    static const char *const names[] = {"HS256", "RS256", "ES256", "EdDSA", NULL};
    enum jwt_algorithm known;
    if (jwt_algorithm_of(value, &known))
        return true;
    const char *near = text_nearest(value, names);
    int shown = value.len > 40 ? 40 : (int)value.len;
    if (near)
        return error_set(err, ERROR_INVALID, "\"%.*s\" is not supported, did you mean \"%s\"?",
                         shown, value.data, near);
    return error_set(err, ERROR_INVALID, "HS256, RS256, ES256 or EdDSA is needed, not \"%.*s\"",
                     shown, value.data);
}

bool config_jwt_secret(struct text value, struct error *err)
{
    return secret_name_ok(value) ||
           error_set(err, ERROR_INVALID,
                     "the name of a secret is needed (capitals, digits and _), not its value");
}

bool config_jwt_claim(struct text value, struct error *err)
{
    return (value.len <= CLAIM_MAX && text_utf8_ok(value)) ||
           error_set(err, ERROR_INVALID, "a text of at most %d bytes is needed", CLAIM_MAX);
}

static bool has_algorithm(const cJSON *list, enum jwt_algorithm wanted)
{
    for (const cJSON *e = list ? list->child : NULL; e; e = e->next) {
        enum jwt_algorithm a;
        if (jwt_algorithm_of(text_of(e->valuestring), &a) && a == wanted)
            return true;
    }
    return false;
}

/* A secret is for HS256 and public keys are for the others: no token can choose to have a public
 * key taken for a secret. */
bool config_jwt_fits(const struct config *c, struct error *err)
{
    const cJSON *list = c->jwt_algorithms;
    bool some = list && list->child, hmac = has_algorithm(list, JWT_HS256);
    if (!some && !list && !c->jwt_keys && !c->jwt_secret && !c->jwt_issuer && !c->jwt_audience)
        return true;
    if (!c->jwt_keys == !c->jwt_secret)
        return error_set(err, ERROR_INVALID,
                         "jwt: one of jwt.keys (a file of public keys) and jwt.secret (the name "
                         "of a secret) is needed%s",
                         c->jwt_keys ? ", not both" : "");
    if (!some)
        return error_set(err, ERROR_INVALID, "jwt.algorithms: name what is allowed: %s",
                         c->jwt_secret ? "HS256" : "one or more of RS256, ES256 and EdDSA");
    if (c->jwt_keys && hmac)
        return error_set(err, ERROR_INVALID,
                         "jwt.algorithms: HS256 needs jwt.secret; jwt.keys holds public keys");
    if (c->jwt_secret && (!hmac || list->child->next))
        return error_set(err, ERROR_INVALID,
                         "jwt.algorithms: with jwt.secret it is HS256 and nothing else");
    return true;
}
