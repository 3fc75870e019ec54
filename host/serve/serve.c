/* SPDX-License-Identifier: MIT */
#include "serve/app.h"
#include "base/mem.h"
#include "serve/bearer.h"
#include "serve/cors.h"
#include "serve/request.h"
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

static struct text presented_key(const struct request *q)
{
    if (q->route->auth == AUTH_BEARER || q->route->auth == AUTH_FLOW)
        return request_bearer(q);
    struct text key = exchange_header(q->x, "x-api-key");
    bool bearer = q->route->auth != AUTH_API_KEY && q->route->auth != AUTH_SIGNED;
    return key.data || !bearer ? key : request_bearer(q);
}

/* A stream token stands for run.read on one run; which run it is for is checked here too. */
static bool token_holds(const struct request *q)
{
    char token[STREAM_TOKEN_BYTES];
    return text_query(exchange_query(q->x), "token", token, sizeof token) == 1 &&
           stream_token_ok(&q->app->tokens, q->params_text[0], clock_wall_ms(q->app->clock),
                           text_of(token));
}

/* A widget key is public: what is no widget's takes it for a wrong key, and the other way round. */
static bool fits(const struct request *q, const struct api_key *key)
{
    return api_key_is_widget(key) == (q->route->auth == AUTH_WIDGET);
}

static bool authenticate(struct request *q)
{
    if (q->route->auth == AUTH_NONE)
        return true;
    const struct api_key *key = keyring_find(&q->app->engine->keyring, presented_key(q));
    bool known = key && fits(q, key);
    if (known)
        q->key = *key;
    q->authenticated = known || bearer_holds(q);
    if (q->authenticated)
        return true;
    if (q->route->auth == AUTH_STREAM && token_holds(q))
        return true;
    bool may_lack = q->route->auth == AUTH_OPTIONAL || q->route->auth == AUTH_SIGNED;
    if (may_lack && !presented_key(q).data)
        return true;
    request_no(q, VERDICT_UNAUTHORIZED, NULL);
    return false;
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

void app_head(void *arg, struct exchange *x)
{
    struct request *q = mem_zero(1, sizeof *q);
    char allow[64] = "";
    q->app = arg;
    q->x = x;
    exchange_own(x, q, on_gone);
    exchange_on_refuse(x, on_refuse);
    q->route = route_find(exchange_method(x), exchange_path(x), q, allow);
    if (!q->route && cors_asked(q))
        q->route = &cors_preflight;
    if (!q->route && !allow[0]) {
        request_no(q, VERDICT_NOT_FOUND, NULL);
        return;
    }
    if (!q->route) {
        exchange_set(x, "Allow", allow);
        request_no(q, VERDICT_METHOD, NULL);
        return;
    }
    cors_judge(q);                 /* before the first refusal, which the page may read too */
    if (q->app->engine->closing) { /* its store takes no more questions */
        if (!stream_later(q))
            request_no(q, VERDICT_DRAINING, NULL);
        return;
    }
    if (!authenticate(q))
        return;
    /* Routes that start runs ask later, with the trigger's own lists. */
    bool later = q->route->permission == PERMISSION_TRIGGER;
    bool credential = q->authenticated || q->route->auth == AUTH_STREAM;
    if (!later && credential && !address_list_admits(q, NULL))
        return;
    if (later && q->authenticated && !within_rate(q))
        return;
    if (q->route->head)
        q->route->head(q);
}

void app_body(void *arg, struct exchange *x)
{
    (void)arg;
    struct request *q = exchange_data(x);
    if (q->app->engine->closing)
        request_no(q, VERDICT_DRAINING, NULL);
    else
        q->route->body(q);
}

void app_drain(struct app *app)
{
    app->draining = true;
    engine_drain(app->engine);
    streams_end(app);
    auth_delay_release(&app->auth_delay);
}
