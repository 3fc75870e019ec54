/* SPDX-License-Identifier: MIT */
#include "serve/request/auth_delay.h"

#include "base/log.h"
#include "base/mem.h"
#include "domain/config/config.h"
#include "serve/request/request.h"
#include <stdio.h>
#include <stdlib.h>

enum { LOG_EVERY_MS = 1000 /* whatever the number of addresses */ };

struct held {
    struct list link;
    struct timer timer;
    struct request *q;
    struct refusal refusal;
    char *detail;
};

void auth_delay_open(struct auth_delay *delay, const struct config *config)
{
    penalty_init(&delay->penalty, config->auth_failures, config->auth_failure_interval_ms);
    list_init(&delay->held);
    delay->logged_ms = -LOG_EVERY_MS;
}

void auth_delay_done(struct auth_delay *delay)
{
    penalty_done(&delay->penalty);
}

void auth_delay_forget(struct request *q)
{
    struct held *h = q->held;
    if (!h)
        return;
    q->held = NULL;
    q->app->auth_delay.count--;
    timers_drop(&q->app->engine->timers, &h->timer);
    list_del(&h->link);
    free(h->detail);
    free(h);
}

static void refuse_held(struct held *h)
{
    request_say(h->q, &h->refusal);
    auth_delay_forget(h->q);
}

static void on_due(struct timer *t)
{
    refuse_held(CONTAINER_OF(t, struct held, timer));
}

static void hold(struct request *q, const struct refusal *r, int64_t wait_ms)
{
    struct held *h = mem_zero(1, sizeof *h);
    h->q = q;
    h->detail = r->detail ? mem_text(r->detail) : NULL;
    h->refusal = (struct refusal){.verdict = r->verdict, .detail = h->detail};
    list_add(&q->app->auth_delay.held, &h->link);
    q->app->auth_delay.count++;
    q->held = h;
    exchange_decided(q->x);
    timers_set(&q->app->engine->timers, &h->timer, wait_ms, on_due);
}

static void turn_away(struct request *q)
{
    int64_t interval_s = (q->app->auth_delay.penalty.interval_ms + 999) / 1000;
    struct refusal r = {
        .verdict = VERDICT_RATE,
        .detail = "too many wrong credentials came from this address; a right one is taken at once",
        .retry_s = interval_s,
    };
    request_say(q, &r);
}

static void report(struct auth_delay *delay, const struct cidr_address *client, int64_t times,
                   int64_t now_ms)
{
    char shown[CIDR_TEXT];
    if (now_ms - delay->logged_ms < LOG_EVERY_MS)
        return;
    delay->logged_ms = now_ms;
    struct cidr_address net = cidr_customer(client);
    cidr_address_text(&net, shown);
    log_warn(NULL, "\"wrong credentials: their answers are delayed\" client=%s times=%lld", shown,
             (long long)times);
}

bool auth_delay_takes(struct request *q, const struct refusal *r)
{
    struct auth_delay *delay = &q->app->auth_delay;
    struct cidr_address client = {0}; /* one for all that cannot be told */
    if (q->app->draining)
        return false;
    (void)address_list_client(q, &client);
    int64_t now_ms = clock_mono_ms(q->app->clock);
    struct penalty_answer answer = penalty_add(&delay->penalty, &client, now_ms);
    if (answer.report > 0)
        report(delay, &client, answer.report, now_ms);
    int64_t least_ms = q->not_before_ms - now_ms;
    if (answer.wait_ms >= 0 && answer.wait_ms < least_ms)
        answer.wait_ms = least_ms;
    if (answer.wait_ms == 0)
        return false;
    if (answer.wait_ms < 0 || delay->count == AUTH_DELAY_HELD)
        turn_away(q);
    else
        hold(q, r, answer.wait_ms);
    return true;
}

void auth_delay_release(struct auth_delay *delay)
{
    while (!list_empty(&delay->held))
        refuse_held(LIST_ENTRY(delay->held.next, struct held, link));
}
