/* SPDX-License-Identifier: MIT */
#include "serve/bearer.h"

#include "base/log.h"
#include "serve/request.h"
#include <stdio.h>
#include <string.h>

/* The flow address and the native API; the other dialects know their product's own keys only. */
static const bool takes_tokens[] = {
    [AUTH_KEY] = true, [AUTH_FLOW] = true, [AUTH_OPTIONAL] = true, [AUTH_STREAM] = true};

/* From here on a token is judged as a key of its own would be: there is no second way to ask what a
 * request may do. */
static void grant(struct request *q, const struct jwt_grant *g)
{
    q->key = (struct api_key){.permissions = g->permissions, .expires_ms = g->until_ms};
    snprintf(q->key.id, sizeof q->key.id, "jwt");
    memcpy(q->key.projects, g->projects, sizeof q->key.projects);
    snprintf(q->subject, sizeof q->subject, "jwt:%s", g->subject);
}

bool bearer_holds(struct request *q)
{
    struct jwt_grant g;
    struct error err;
    struct jwt *jwt = q->app->engine->jwt;
    enum route_auth auth = q->route->auth;
    if (!jwt || auth >= ARRAY_LEN(takes_tokens) || !takes_tokens[auth])
        return false;
    struct text token = request_bearer(q);
    /* Of two credentials the key decides, as it does where there are no tokens. */
    if (!jwt_looks(token) || (auth != AUTH_FLOW && exchange_header(q->x, "x-api-key").data))
        return false;
    if (jwt_check(jwt, token, &g, &err)) {
        grant(q, &g);
        return true;
    }
    log_debug(NULL, "\"token refused\" reason=\"%s\" peer=%s request=%s", err.text,
              exchange_peer(q->x), exchange_request_id(q->x));
    return false;
}
