/* SPDX-License-Identifier: MIT */
#include "serve/cors.h"

#include "domain/address/origin.h"
#include "store/store.h"
#include <stdio.h>
#include <string.h>

#define EXPOSED "X-Run-Id, X-Request-Id, Location, Retry-After"
#define ALLOWED                                                                        \
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, X-API-Key, " \
    "X-Request-Id"
#define MAX_AGE_S "600" /* a trigger that takes an origin off its list is believed by then */

/* Whose `origins` open a route. */
enum opens {
    CLOSED,
    OPEN_TRIGGER, /* of the trigger {project}/{key} */
    OPEN_ID,      /* of the trigger with this id */
    OPEN_WIDGET,  /* the same, if it is a widget */
    OPEN_RUN,     /* of the run's trigger */
};

/* What is not here answers no page of another origin: the other dialects' credentials are secrets
 * of servers. */
static const struct {
    const char *pattern; /* as in routes.c */
    enum opens how;
} open_routes[] = {
    {"/v1/projects/{project}/triggers/{key}/runs", OPEN_TRIGGER},
    {"/v1/widget/{workflow_id}/runs", OPEN_WIDGET},
    {"/api/v1/flow/{id}", OPEN_ID},
    {"/v1/runs/{id}", OPEN_RUN},
    {"/v1/runs/{id}/events", OPEN_RUN},
    {"/v1/runs/{id}/cancel", OPEN_RUN},
};

static enum opens opens(const struct route *r)
{
    for (size_t i = 0; r && i < ARRAY_LEN(open_routes); i++)
        if (strcmp(r->pattern, open_routes[i].pattern) == 0)
            return open_routes[i].how;
    return CLOSED;
}

static bool lists(const struct trigger *t, struct text origin)
{
    return t && t->current && origin_list_has(t->current->manifest->origins, origin);
}

static const struct trigger *by_path(struct request *q, enum opens how)
{
    const struct registry *r = &q->app->engine->registry;
    const struct trigger *t = how == OPEN_TRIGGER ? registry_find(r, q->params[0], q->params[1])
                              : how == OPEN_ID || how == OPEN_WIDGET
                                  ? registry_find_id(r, q->params[0])
                                  : NULL;
    bool shown = t && trigger_serves(t) && (how != OPEN_WIDGET || t->current->manifest->widget);
    return shown ? t : NULL;
}

static struct text origin_of(const struct request *q)
{
    return exchange_header(q->x, "origin");
}

static bool listed_anywhere(struct request *q, struct text origin)
{
    const struct map *all = &q->app->engine->registry.by_path;
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(all, &pos, &key, &value))
        if (lists(value, origin))
            return true;
    return false;
}

static bool open_to(struct request *q, enum opens how, struct text origin)
{
    return how == OPEN_RUN ? listed_anywhere(q, origin) : lists(by_path(q, how), origin);
}

void cors_judge(struct request *q)
{
    enum opens how = opens(q->route);
    struct text origin = origin_of(q);
    if (how != CLOSED && origin.data)
        q->page_ok = open_to(q, how, origin);
}

void cors_judge_run(struct request *q, const struct store_run *row)
{
    struct text origin = origin_of(q);
    if (origin.data)
        q->page_ok =
            lists(registry_find(&q->app->engine->registry, row->project, row->trigger), origin);
}

static void allow(struct request *q)
{
    char origin[ORIGIN_BYTES];
    struct text t = origin_of(q);
    snprintf(origin, sizeof origin, "%.*s", (int)t.len, t.data);
    exchange_set(q->x, "Access-Control-Allow-Origin", origin);
}

void cors_answer(struct request *q)
{
    if (q->cors_answered || opens(q->route) == CLOSED)
        return;
    q->cors_answered = true;
    exchange_set(q->x, "Vary", "Origin");
    if (!q->page_ok)
        return;
    allow(q);
    exchange_set(q->x, "Access-Control-Expose-Headers", EXPOSED);
}

/* ---- preflight */

bool cors_asked(const struct request *q)
{
    return exchange_method(q->x) == METHOD_OPTIONS && opens(q->near) != CLOSED &&
           origin_of(q).data && exchange_header(q->x, "access-control-request-method").data;
}

static void preflight(struct request *q)
{
    enum opens how = opens(q->near);
    struct text origin = origin_of(q);
    exchange_set(q->x, "Vary", "Origin");
    if (open_to(q, how, origin)) {
        allow(q);
        exchange_set(q->x, "Access-Control-Allow-Methods",
                     q->near->method == METHOD_GET ? "GET" : "POST");
        exchange_set(q->x, "Access-Control-Allow-Headers", ALLOWED);
        exchange_set(q->x, "Access-Control-Max-Age", MAX_AGE_S);
    }
    exchange_answer(q->x, 204, NULL, TEXT_NONE);
}

const struct route cors_preflight = {
    .method = METHOD_OPTIONS, .pattern = "", .auth = AUTH_NONE, .body = preflight};
