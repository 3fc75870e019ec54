/* SPDX-License-Identifier: MIT */
#include "serve/serve.h"
#include "base/mem.h"
#include "engine/ticket.h"
#include "serve/request/cors.h"
#include "serve/request/credential.h"
#include "serve/request/request.h"
#include "serve/routes.h"
#include "serve/stream/stream.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_gone(struct exchange *x, void *data)
{
    struct request *q = data;
    (void)x;
    auth_delay_forget(q);
    ticket_forget(q->ticket); /* the run goes on without its caller */
    if (q->drop)
        q->drop(q);
    free(q);
}

static void on_refuse(struct exchange *x, int verdict, const char *detail)
{
    struct request *q = exchange_data(x);
    /* The limit is the trigger's, and a stranger shall not find out whether there is one. */
    if (verdict == VERDICT_TOO_LARGE && q->route->auth == AUTH_SIGNED && !q->authenticated)
        request_no(q, VERDICT_UNAUTHORIZED, NULL);
    else
        request_no(q, verdict, detail);
}

/* The rate is the key's: it says the same whichever trigger is meant, and whether there is one. */
static bool within_rate(struct request *q)
{
    int64_t wait_us = keyring_spend(&q->app->engine->keyring, &q->key);
    if (wait_us == 0)
        return true;
    char why[96];
    snprintf(why, sizeof why, "this API key may start %lld runs a minute",
             (long long)q->key.per_minute);
    struct refusal r = {
        .verdict = VERDICT_RATE, .detail = why, .retry_s = (wait_us + 999999) / 1000000};
    request_refuse(q, &r);
    return false;
}

static bool find_route(struct request *q)
{
    char allow[ROUTE_ALLOW] = "";
    q->route = route_find(exchange_method(q->x), exchange_path(q->x), q, allow);
    if (!q->route && cors_asked(q))
        q->route = &cors_preflight;
    if (q->route)
        return true;
    if (allow[0])
        exchange_set(q->x, "Allow", allow);
    request_no(q, allow[0] ? VERDICT_METHOD : VERDICT_NOT_FOUND, NULL);
    return false;
}

/* Routes that start runs ask for the address later, with the trigger's own lists. */
static bool admits(struct request *q)
{
    bool starts = q->route->permission == PERMISSION_TRIGGER;
    bool credential = q->authenticated || q->route->auth == AUTH_STREAM;
    if (starts)
        return !q->authenticated || within_rate(q);
    return !credential || address_list_admits(q, NULL);
}

void serve_head(void *arg, struct exchange *x)
{
    struct request *q = mem_zero(1, sizeof *q);
    q->app = arg;
    q->x = x;
    exchange_own(x, q, on_gone);
    exchange_on_refuse(x, on_refuse);
    if (!find_route(q))
        return;
    cors_judge(q);                 /* before the first refusal, which the page may read too */
    if (q->app->engine->closing) { /* its store takes no more questions */
        if (!stream_later(q))
            request_no(q, VERDICT_DRAINING, NULL);
        return;
    }
    if (credential_holds(q) && admits(q) && q->route->head)
        q->route->head(q);
}

void serve_body(void *arg, struct exchange *x)
{
    (void)arg;
    struct request *q = exchange_data(x);
    if (q->app->engine->closing)
        request_no(q, VERDICT_DRAINING, NULL);
    else
        q->route->body(q);
}

void serve_drain(struct app *app)
{
    app->draining = true;
    engine_drain(app->engine);
    streams_end(app);
    auth_delay_release(&app->auth_delay);
}
