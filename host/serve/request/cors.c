/* SPDX-License-Identifier: MIT */
#include "serve/request/cors.h"

#include "domain/address/origin.h"
#include "serve/door/door_head.h"
#include "store/store.h"
#include <stdio.h>
#include <string.h>

#define EXPOSED "X-Run-Id, X-Request-Id, Location, Retry-After"
#define ALLOWED                                                                        \
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, X-API-Key, " \
    "X-Request-Id"
#define MAX_AGE_S "600" /* a trigger that takes an origin off its list is believed by then */

static bool lists(const struct trigger *t, struct text origin)
{
    return t && t->current && origin_list_has(t->current->manifest->origins, origin);
}

static const struct trigger *by_path(struct request *q, enum route_cors how)
{
    const struct registry *r = &q->app->engine->reload.registry;
    const struct trigger *t = how == CORS_TRIGGER ? registry_find(r, q->params[0], q->params[1])
                              : how == CORS_ID || how == CORS_WIDGET
                                  ? registry_find_id(r, q->params[0])
                                  : NULL;
    bool shown = t && trigger_serves(t) && (how != CORS_WIDGET || t->current->manifest->widget);
    return shown ? t : NULL;
}

static struct text origin_of(const struct request *q)
{
    return exchange_header(q->x, "origin");
}

static bool listed_anywhere(struct request *q, struct text origin)
{
    const struct map *all = &q->app->engine->reload.registry.by_path;
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(all, &pos, &key, &value))
        if (lists(value, origin))
            return true;
    return false;
}

static bool open_to(struct request *q, enum route_cors how, struct text origin)
{
    return how == CORS_RUN ? listed_anywhere(q, origin) : lists(by_path(q, how), origin);
}

void cors_judge(struct request *q)
{
    struct text origin = origin_of(q);
    if (q->route->cors != CORS_CLOSED && origin.data)
        q->page_ok = open_to(q, q->route->cors, origin);
}

void cors_judge_run(struct request *q, const struct store_run *row)
{
    struct text origin = origin_of(q);
    if (origin.data)
        q->page_ok = lists(
            registry_find(&q->app->engine->reload.registry, row->project, row->trigger), origin);
}

static void allow_origin(struct request *q)
{
    char origin[ORIGIN_BYTES];
    struct text t = origin_of(q);
    snprintf(origin, sizeof origin, "%.*s", (int)t.len, t.data);
    exchange_set(q->x, "Access-Control-Allow-Origin", origin);
}

void cors_answer(struct request *q)
{
    if (q->cors_answered || !q->route || q->route->cors == CORS_CLOSED)
        return;
    q->cors_answered = true;
    exchange_set(q->x, "Vary", "Origin");
    if (!q->page_ok)
        return;
    allow_origin(q);
    exchange_set(q->x, "Access-Control-Expose-Headers", EXPOSED);
}

/* ---- preflight */

bool cors_asked(const struct request *q)
{
    return exchange_method(q->x) == METHOD_OPTIONS && q->near && q->near->cors != CORS_CLOSED &&
           origin_of(q).data && exchange_header(q->x, "access-control-request-method").data;
}

static void preflight(struct request *q)
{
    struct text origin = origin_of(q);
    exchange_set(q->x, "Vary", "Origin");
    if (open_to(q, q->near->cors, origin)) {
        allow_origin(q);
        exchange_set(q->x, "Access-Control-Allow-Methods", http_method_name(q->near->method));
        exchange_set(q->x, "Access-Control-Allow-Headers", ALLOWED);
        exchange_set(q->x, "Access-Control-Max-Age", MAX_AGE_S);
    }
    exchange_answer(q->x, 204, NULL, TEXT_NONE);
}

const struct route cors_preflight = {
    .method = METHOD_OPTIONS, .pattern = "", .auth = AUTH_NONE, .body = preflight};
