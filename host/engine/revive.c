/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/mem.h"
#include "deploy/reload.h"
#include "engine/fire.h"
#include "engine/ops.h"
#include "engine/replay.h"
#include "engine/run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run comes back in four steps, each a read from the store: its row, its version, its journal;
 * then START and the recorded answers go to a runner, and what the runner says is compared with the
 * journal until that is used up (runner_messages.c). */

enum { JOURNAL_PAGE = 4 << 20, DUE_PAGE = 256, WAKE_MAX_MS = 60000, TRY_AGAIN_MS = 1000 };

static void next(struct engine *e);
static void read_journal(struct run *r);
static void on_wake(struct timer *t);
static void on_due(void *arg, const char (*runs)[ID_BYTES], size_t count, int64_t next_wake_ms,
                   const struct error *err);

static void finish_one(struct engine *e)
{
    e->reviving--;
    next(e);
}

/* Looks for what is due in left_ms at the latest: an earlier time that is set stays. */
static void wake_in(struct engine *e, int64_t left_ms)
{
    left_ms = left_ms < WAKE_MAX_MS ? left_ms : WAKE_MAX_MS;
    if (!timers_is_set(&e->wake) || e->wake.due_ms > clock_mono_ms(e->clock) + left_ms)
        timers_set(&e->timers, &e->wake, left_ms, on_wake);
}

/* The store could not be read: the run stays what it is on disk, and is looked for again soon. */
static void give_up(struct run *r, const char *why)
{
    struct engine *e = r->e;
    log_error(r->id, "the run cannot be resumed now, trying again: %s", why);
    run_release(r);
    e->recovered = false;
    e->look_again = true; /* a look under way may have gone past it */
    wake_in(e, TRY_AGAIN_MS);
    finish_one(e);
}

/* ---- step 4: to a runner */

static void go_on(struct run *r)
{
    struct engine *e = r->e;
    r->phase = RUN_GOING;
    char data[64];
    snprintf(data, sizeof data, "{\"reason\":\"%s\"}", r->why);
    if (r->cancel) {
        run_cancel(r);
    } else {
        r->update.row.status = STORE_RUNNING;
        r->update.row.wake_ms = -1;
        r->update.any = true;
        run_note(r, RECORD_RUN_RESUMED, data);
        run_watch_wall(r);
    }
    if (r->phase != RUN_ENDED) {
        run_place(r, engine_idlest_runner(e), false, text_of(r->instruction), text_of(r->event));
        r->answers_sent = replay_answers(r->replay, run_out(r), r->tag);
        if (!replay_next(r->replay)) {
            replay_free(r->replay);
            r->replay = NULL;
        }
    }
    free(r->event);
    free(r->instruction);
    r->event = r->instruction = NULL;
    finish_one(e);
}

/* ---- step 3: the journal */

/* False: a chunk or a part of one is missing. */
static bool take_chunk(struct run *r, const struct store_chunk *chunk)
{
    struct text rest = chunk->bytes;
    struct record rec;
    if (chunk->first != r->next_seq)
        return false;
    for (uint32_t n = 0; n < chunk->count; n++, r->next_seq++) {
        if (!record_next(&rest, &rec))
            return false;
        replay_add(r->replay, &rec);
    }
    r->journal_bytes += chunk->bytes.len;
    return rest.len == 0;
}

/* A run that is rebuilt from a part of what it was told would go another way. */
static void end_damaged(struct run *r, uint64_t end)
{
    char why[96];
    snprintf(why, sizeof why, "the journal cannot be read from record %llu on",
             (unsigned long long)r->next_seq);
    r->next_seq = end + 1;
    r->committed = end;
    run_note(r, RECORD_RUN_RESUMED, "{\"reason\":\"restart\"}");
    run_end_failed(r, "journal.damaged", text_of(why), TEXT_NONE);
    finish_one(r->e);
}

static void on_journal(void *arg, const struct store_chunk *chunks, size_t count, uint64_t end,
                       enum store_status status, const struct error *err)
{
    struct run *r = arg;
    (void)status;
    if (err) {
        give_up(r, err->text);
        return;
    }
    bool whole = true;
    for (size_t i = 0; whole && i < count; i++)
        whole = take_chunk(r, &chunks[i]);
    r->committed = r->next_seq - 1;
    if (!whole || (count == 0 && r->committed < end)) {
        end_damaged(r, end);
        return;
    }
    if (r->committed < end) {
        read_journal(r);
        return;
    }
    if (replay_steps(r->replay) > r->steps)
        r->steps = replay_steps(r->replay);
    go_on(r);
}

static void read_journal(struct run *r)
{
    store_read_journal(r->e->store, r->id, r->next_seq, JOURNAL_PAGE, on_journal, r);
}

static void start_journal(struct run *r)
{
    replay_free(r->replay);
    r->replay = replay_new();
    r->next_seq = 1;
    r->journal_bytes = 0;
    read_journal(r);
}

/* ---- step 2: the version */

static void on_version(void *arg, struct text kept, const struct error *err)
{
    struct run *r = arg;
    struct error why;
    if (err) {
        give_up(r, err->text);
        return;
    }
    r->version = kept.data ? reload_kept_version(r->e, kept, &why) : NULL;
    if (!r->version) { /* nothing can ever run it again: say so instead of trying for ever */
        run_note(r, RECORD_RUN_RESUMED, "{\"reason\":\"restart\"}");
        run_end_failed(
            r, "version.missing",
            text_of(kept.data ? why.text
                              : "the script version that the run started with is not in the store"),
            TEXT_NONE);
        finish_one(r->e);
        return;
    }
    start_journal(r);
}

/* ---- step 1: the row */

static void on_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct run *r = arg;
    struct engine *e = r->e;
    if (err) {
        give_up(r, err->text);
        return;
    }
    if (!row || store_status_final(row->status)) {
        run_release(r);
        finish_one(e);
        return;
    }
    r->seed = row->seed;
    r->created_ms = row->created_ms;
    r->steps = row->steps;
    r->next_seq = row->seq + 1;
    r->committed = row->seq;
    if (r->cancel) { /* neither its version nor its journal is needed for that */
        run_cancel(r);
        finish_one(e);
        return;
    }
    r->event = mem_text_n(row->event.data, row->event.len);
    free(r->session); /* it may come back more than once */
    r->session = row->session.data ? mem_text_n(row->session.data, row->session.len) : NULL;
    r->instruction =
        row->instruction.data ? mem_text_n(row->instruction.data, row->instruction.len) : NULL;
    if (!r->version) {
        struct version *v = version_by_hash(&e->registry, row->version);
        r->version = v && v->manifest ? version_hold(v) : NULL;
    }
    if (r->version)
        start_journal(r);
    else
        store_get_version(e->store, row->version, on_version, r);
}

/* ---- the queue */

static void next(struct engine *e)
{
    while (e->reviving < ENGINE_REVIVALS && !list_empty(&e->revive_queue) && !e->closing) {
        struct run *r = LIST_ENTRY(e->revive_queue.next, struct run, link);
        run_unlink(r);
        e->reviving++;
        store_get_run(e->store, r->id, on_row, r);
    }
}

static void enqueue(struct run *r, const char *why)
{
    struct engine *e = r->e;
    run_unlink(r);
    r->phase = RUN_REBUILDING;
    r->why = why;
    list_add(&e->revive_queue, &r->link);
    r->linked = LINK_REVIVE;
    next(e);
}

void revive_lost(struct run *r)
{
    enqueue(r, list_empty(&r->late) ? "runner replaced" : "answered");
}

struct run *revive_id(struct engine *e, const char *id, const char *why)
{
    struct run *r = run_new(e, id, NULL);
    enqueue(r, why);
    return r;
}

void revive_parked(struct run *r, int64_t wake_ms)
{
    struct engine *e = r->e;
    run_release(r);
    wake_in(e, wake_ms - clock_wall_ms(e->clock));
}

/* ---- what is due: at the start all that was under way, later what has slept long enough */

static void look(struct engine *e, struct text after)
{
    e->waking = true;
    if (!after.data)
        e->look_again = false;
    store_due(e->store, clock_wall_ms(e->clock), !e->recovered, after, DUE_PAGE, on_due, e);
}

static void on_due(void *arg, const char (*runs)[ID_BYTES], size_t count, int64_t next_wake_ms,
                   const struct error *err)
{
    struct engine *e = arg;
    int64_t now = clock_wall_ms(e->clock);
    e->waking = false;
    if (err)
        log_error(NULL, "looking for runs to resume failed, trying again: %s", err->text);
    if (e->closing)
        return;
    for (size_t i = 0; i < count; i++)
        if (!run_by_id(e, runs[i]))
            revive_id(e, runs[i], e->recovered ? "woke" : "restart");
    if (!err && count == DUE_PAGE) {
        look(e, text_of(runs[count - 1]));
        return;
    }
    e->recovered = e->recovered || (!err && !e->look_again);
    wake_in(e, err || e->look_again ? TRY_AGAIN_MS
               : next_wake_ms       ? next_wake_ms - now
                                    : WAKE_MAX_MS);
}

static void on_wake(struct timer *t)
{
    struct engine *e = CONTAINER_OF(t, struct engine, wake);
    if (e->waking)
        e->look_again = true; /* what became due since it was asked for */
    else if (!e->closing)
        look(e, TEXT_NONE);
}

void revive_open(struct engine *e)
{
    look(e, TEXT_NONE);
}

/* ---- cancelling: here, as a run that sleeps has to come back to be told */

struct cancel {
    struct follower follower; /* hears of the end: only what is durable is confirmed */
    struct list link;         /* engine.cancels */
    struct engine *e;
    char run[ID_BYTES];
    void (*fn)(void *arg, enum verdict v);
    void *arg;
};

static void cancel_end(struct cancel *c, enum verdict v)
{
    hub_leave(&c->e->hub, &c->follower);
    list_del(&c->link);
    c->fn(c->arg, v);
    free(c);
}

static void on_cancel_news(struct follower *f, const struct hub_news *news)
{
    struct cancel *c = CONTAINER_OF(f, struct cancel, follower);
    if (news->end) /* it may have come to another end first */
        cancel_end(c, news->end->status == STORE_CANCELLED ? VERDICT_ACCEPTED : VERDICT_CONFLICT);
}

void revive_close(struct engine *e)
{
    while (!list_empty(&e->cancels))
        cancel_end(LIST_ENTRY(e->cancels.next, struct cancel, link), VERDICT_DRAINING);
}

static void on_cancel_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct cancel *c = arg;
    enum verdict v = err                               ? VERDICT_STORE
                     : !row                            ? VERDICT_NOT_FOUND
                     : store_status_final(row->status) ? VERDICT_CONFLICT
                                                       : VERDICT_ACCEPTED;
    if (v != VERDICT_ACCEPTED || c->e->closing) {
        cancel_end(c, v == VERDICT_ACCEPTED ? VERDICT_DRAINING : v);
        return;
    }
    struct run *r = run_by_id(c->e, c->run);
    if (!r)
        r = revive_id(c->e, c->run, "cancel");
    hub_join(&c->e->hub, c->run, &c->follower, on_cancel_news);
    if (r->phase == RUN_REBUILDING || r->phase == RUN_LOST)
        r->cancel = true;
    else
        run_cancel(r);
}

void engine_cancel(struct engine *e, const char *run, void (*fn)(void *arg, enum verdict v),
                   void *arg)
{
    struct cancel *c = mem_zero(1, sizeof *c);
    *c = (struct cancel){.e = e, .fn = fn, .arg = arg};
    list_init(&c->follower.link);
    list_add(&e->cancels, &c->link);
    memcpy(c->run, run, strnlen(run, ID_BYTES - 1));
    store_get_run(e->store, c->run, on_cancel_row, c);
}
