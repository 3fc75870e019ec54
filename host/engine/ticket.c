/* SPDX-License-Identifier: MIT */
#include "engine/ticket.h"
#include "base/mem.h"
#include "engine/acceptance.h"
#include "engine/run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ticket {
    struct follower follower;
    struct engine *e;
    char run[ID_BYTES];
    char *session;
    int64_t wait_ms;
    bool accepted, late; /* late: the waiting time was over before it was accepted */
    bool reading;        /* the store will call on_row: the ticket must outlive that */
    char *reason;        /* why the filter refused it, while its Idempotency-Key is looked up */
    struct timer timer;
    outcome_fn fn;
    void *arg;
};

static const struct {
    enum store_status status;
    enum verdict verdict;
} ends[] = {
    {STORE_COMPLETED, VERDICT_COMPLETED},
    {STORE_FAILED, VERDICT_RUN_FAILED},
    {STORE_TIMED_OUT, VERDICT_RUN_FAILED},
    {STORE_CANCELLED, VERDICT_CANCELLED},
};

static void ticket_free(struct ticket *t)
{
    timers_drop(&t->e->timers, &t->timer);
    hub_leave(&t->e->hub, &t->follower);
    t->fn = NULL;
    if (t->reading)
        return; /* on_row frees it */
    t->e->tickets--;
    free(t->session);
    free(t->reason);
    free(t);
}

/* Frees the ticket first, so that the callback may do what it likes. */
static void settle_ticket(struct ticket *t, struct outcome *o)
{
    outcome_fn fn = t->fn;
    void *arg = t->arg;
    char *session = t->session, run[ID_BYTES];
    if (o->why.run == t->run) {
        memcpy(run, t->run, sizeof run);
        o->why.run = run;
    }
    t->session = NULL;
    o->session = session;
    struct run *r = run_by_id(t->e, t->run);
    if (r && r->ticket == t)
        r->ticket = NULL;
    ticket_free(t);
    fn(arg, o);
    free(session);
}

static const char *copy_text(char *out, size_t cap, struct text t)
{
    if (!t.data)
        return NULL;
    snprintf(out, cap, "%.*s", (int)t.len, t.data);
    return out;
}

static void settle_end(struct ticket *t, enum store_status status, struct text result,
                       struct text code, struct text message, struct text at)
{
    struct outcome o = {.why.run = t->run, .status = store_status_name(status), .result = result};
    char code_copy[128], at_copy[256];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (ends[i].status == status)
            o.why.verdict = ends[i].verdict;
    char *detail = message.data ? mem_text_n(message.data, message.len) : NULL;
    o.why.code = copy_text(code_copy, sizeof code_copy, code);
    o.why.at = copy_text(at_copy, sizeof at_copy, at);
    o.why.detail = detail;
    settle_ticket(t, &o);
    free(detail);
}

static void on_hub_news(struct follower *f, const struct hub_news *news)
{
    struct ticket *t = CONTAINER_OF(f, struct ticket, follower);
    const struct store_update *end = news->end;
    if (end)
        settle_end(t, end->status, end->result, end->error_code, end->error_message, end->error_at);
}

static void settle_timeout(struct ticket *t)
{
    struct run *r = run_by_id(t->e, t->run);
    struct outcome o = {.why.verdict = VERDICT_WAIT_TIMEOUT,
                        .why.run = t->run,
                        .status = !r || run_waits(r) ? "waiting" : "running"};
    settle_ticket(t, &o);
}

static void on_timer(struct timer *timer)
{
    struct ticket *t = CONTAINER_OF(timer, struct ticket, timer);
    if (t->accepted)
        settle_timeout(t);
    else
        t->late = true; /* only an accepted run may be named: as soon as it is */
}

struct ticket *ticket_new(struct engine *e, const char *run, const char *session, int64_t wait_ms,
                          outcome_fn fn, void *arg)
{
    struct ticket *t = mem_zero(1, sizeof *t);
    e->tickets++;
    *t = (struct ticket){
        .e = e, .session = mem_text(session), .wait_ms = wait_ms, .fn = fn, .arg = arg};
    memcpy(t->run, run, strlen(run) + 1);
    list_init(&t->follower.link);
    if (wait_ms > 0) {
        hub_join(&e->hub, run, &t->follower, on_hub_news);
        timers_set(&e->timers, &t->timer, wait_ms, on_timer);
    }
    return t;
}

void ticket_forget(struct ticket *t)
{
    if (!t)
        return;
    struct run *r = run_by_id(t->e, t->run);
    if (r && r->ticket == t)
        r->ticket = NULL;
    ticket_free(t);
}

/* ---- what becomes of it */

void ticket_accepted(struct ticket *t)
{
    t->accepted = true;
    if (t->late) {
        settle_timeout(t);
        return;
    }
    if (t->wait_ms > 0)
        return; /* the end is what it waits for; it may be in the chunk that is published next */
    struct outcome o = {.why.verdict = VERDICT_ACCEPTED, .why.run = t->run, .status = "running"};
    settle_ticket(t, &o);
}

/* A joined run may have ended before we followed it: its row says so. */
static void on_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct ticket *t = arg;
    t->reading = false;
    if (!t->fn) { /* settled or forgotten while the row was read */
        ticket_free(t);
        return;
    }
    if (err || !row) {
        struct outcome o = {.why.verdict = err ? VERDICT_STORE : VERDICT_NOT_FOUND,
                            .why.detail = err ? err->text : NULL};
        settle_ticket(t, &o);
        return;
    }
    free(t->session);
    t->session = mem_text_n(row->session.data, row->session.len);
    t->accepted = true;
    if (store_status_final(row->status)) {
        settle_end(t, row->status, row->result, row->error_code, row->error_message, row->error_at);
    } else if (t->late || t->wait_ms <= 0) {
        struct outcome o = {.why.verdict = t->late ? VERDICT_WAIT_TIMEOUT : VERDICT_ACCEPTED,
                            .why.run = t->run,
                            .status = store_status_name(row->status)};
        settle_ticket(t, &o);
    }
}

static void join_first_run(struct ticket *t, const char *run)
{
    memcpy(t->run, run, strlen(run) + 1);
    hub_leave(&t->e->hub, &t->follower);
    t->accepted = false;
    if (t->wait_ms > 0)
        hub_join(&t->e->hub, t->run, &t->follower, on_hub_news);
    t->reading = true;
    store_get_run(t->e->store, t->run, on_row, t);
}

void ticket_refused(struct ticket *t, const struct store_order *order)
{
    struct outcome o = {.why.run = order->existing[0] ? order->existing : NULL};
    switch (order->outcome) {
    case STORE_REPEATED:
        join_first_run(t, order->existing);
        return;
    case STORE_DUPLICATE:
        o.why.verdict = VERDICT_DUPLICATE;
        break;
    case STORE_KEY_REUSED:
        o.why.verdict = VERDICT_KEY_REUSED;
        break;
    case STORE_WRONG:
        o.why.verdict = VERDICT_INTERNAL;
        o.why.run = NULL;
        break;
    default:
        o.why.verdict = VERDICT_STORE;
        o.why.run = NULL;
        o.why.detail = order->err.text;
        break;
    }
    settle_ticket(t, &o);
}

/* ---- the filter does not match */

static void settle_filtered(struct ticket *t)
{
    char *reason = t->reason;
    struct outcome o = {.why.verdict = VERDICT_FILTERED, .why.detail = reason};
    t->reason = NULL;
    settle_ticket(t, &o);
    free(reason);
}

static void on_repeat(void *arg, enum store_outcome outcome, const char *existing,
                      const struct error *err)
{
    struct ticket *t = arg;
    t->reading = false;
    if (!t->fn) { /* forgotten meanwhile */
        ticket_free(t);
        return;
    }
    if (outcome == STORE_DONE) {
        settle_filtered(t);
        return;
    }
    struct store_order order = {.outcome = outcome};
    if (err)
        order.err = *err;
    memcpy(order.existing, existing, sizeof order.existing);
    ticket_refused(t, &order);
}

/* The Idempotency-Key comes before the filter: a request that is sent again gets the first answer,
 * also when the filter has changed since. It is looked up here alone: where the filter matches the
 * run's own claim finds out. */
void ticket_dropped(struct ticket *t, const struct acceptance *a, struct text reason)
{
    t->reason = reason.data ? mem_text_n(reason.data, reason.len) : NULL;
    if (!a->idempotency_key || t->e->closing) {
        settle_filtered(t);
        return;
    }
    struct store_accept wanted = {
        .project = text_of(a->project),
        .trigger = text_of(a->trigger),
        .caller = text_of(a->caller),
        .idempotency_key = text_of(a->idempotency_key),
    };
    memcpy(wanted.body_hash, a->body_hash, SHA256_BYTES);
    t->reading = true;
    store_find_repeat(t->e->store, &wanted, on_repeat, t);
}
