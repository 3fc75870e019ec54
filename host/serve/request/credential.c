/* SPDX-License-Identifier: MIT */
#include "serve/request/credential.h"

#include "base/log.h"
#include "serve/request/request.h"
#include <stdio.h>
#include <string.h>

static const struct credential_rule {
    bool api_key;      /* the header x-api-key is looked at; it wins over the next one */
    bool bearer;       /* Authorization: Bearer is looked at */
    bool jwt;          /* which may bear a JSON Web Token instead of a key */
    bool stream_token; /* ?token= does instead of both */
    bool may_lack;     /* without any the request goes on, as nobody's */
    bool widget;       /* only a widget's key holds; elsewhere none does */
    const char *schemes;
} rules[] = {
    [AUTH_NONE] = {.schemes = ""},
    [AUTH_KEY] = {.api_key = true, .bearer = true, .jwt = true, .schemes = "apiKey bearer jwt"},
    [AUTH_BEARER] = {.bearer = true, .schemes = "bearer"},
    [AUTH_FLOW] = {.bearer = true, .jwt = true, .schemes = "bearer jwt"},
    [AUTH_OPTIONAL] = {.api_key = true,
                       .bearer = true,
                       .jwt = true,
                       .may_lack = true,
                       .schemes = "none apiKey bearer jwt"},
    /* The senders of signed webhooks need no description. */
    [AUTH_SIGNED] = {.api_key = true, .may_lack = true, .schemes = "apiKey"},
    [AUTH_STREAM] = {.api_key = true,
                     .bearer = true,
                     .jwt = true,
                     .stream_token = true,
                     .schemes = "apiKey bearer jwt streamToken"},
    [AUTH_WIDGET] = {.api_key = true, .bearer = true, .widget = true, .schemes = "apiKey bearer"},
};

const char *credential_schemes(enum route_auth auth)
{
    return rules[auth].schemes;
}

static struct text presented_key(const struct request *q, const struct credential_rule *rule)
{
    struct text key = rule->api_key ? exchange_header(q->x, "x-api-key") : TEXT_NONE;
    return key.data || !rule->bearer ? key : request_bearer(q);
}

/* A widget's key is public: other routes take it for a wrong key, and a widget's takes any other
 * for one. */
static bool key_holds(struct request *q, const struct credential_rule *rule)
{
    const struct api_key *key = keyring_find(&q->app->engine->keyring, presented_key(q, rule));
    if (!key || api_key_is_widget(key) != rule->widget)
        return false;
    q->key = *key;
    return true;
}

/* From here on a token is judged as a key of its own would be: there is no second way to ask what a
 * request may do. */
static void grant(struct request *q, const struct jwt_grant *g)
{
    q->key = (struct api_key){.permissions = g->permissions, .expires_ms = g->until_ms};
    snprintf(q->key.id, sizeof q->key.id, "jwt");
    memcpy(q->key.projects, g->projects, sizeof q->key.projects);
    snprintf(q->subject, sizeof q->subject, "jwt:%s", g->subject);
}

static bool jwt_holds(struct request *q, const struct credential_rule *rule)
{
    struct jwt_grant g;
    struct error err;
    struct jwt *jwt = q->app->engine->jwt;
    if (!jwt || !rule->jwt)
        return false;
    struct text token = request_bearer(q);
    /* Of two credentials the key decides, as it does where there are no tokens. */
    if (!jwt_looks(token) || (rule->api_key && exchange_header(q->x, "x-api-key").data))
        return false;
    if (jwt_check(jwt, token, &g, &err)) {
        grant(q, &g);
        return true;
    }
    log_debug(NULL, "\"token refused\" reason=\"%s\" peer=%s request=%s", err.text,
              exchange_peer(q->x), exchange_request_id(q->x));
    return false;
}

/* A stream token stands for run.read on one run; which run it is for is checked here too. */
static bool stream_token_holds(const struct request *q)
{
    char token[STREAM_TOKEN_BYTES];
    return text_query(exchange_query(q->x), "token", token, sizeof token) == 1 &&
           stream_token_ok(&q->app->tokens, q->params_text[0], clock_wall_ms(q->app->clock),
                           text_of(token));
}

bool credential_holds(struct request *q)
{
    const struct credential_rule *rule = &rules[q->route->auth];
    if (q->route->auth == AUTH_NONE)
        return true;
    q->authenticated = key_holds(q, rule) || jwt_holds(q, rule);
    if (q->authenticated || (rule->stream_token && stream_token_holds(q)))
        return true;
    if (rule->may_lack && !presented_key(q, rule).data)
        return true;
    request_no(q, VERDICT_UNAUTHORIZED, NULL);
    return false;
}
