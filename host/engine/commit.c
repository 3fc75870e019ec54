/* SPDX-License-Identifier: MIT */
/* What a run has said goes to the store, one order at a time, and what waited for that follows. */
#include "base/log.h"
#include "base/mem.h"
#include "engine/ops.h"
#include "engine/run.h"
#include "engine/store_outage.h"
#include <stdlib.h>
#include <string.h>

struct run_write {
    struct store_order order;
    struct run *run;
    struct buf chunk;
    struct run_update update;
    struct timer again;
};

static void write_free(struct run_write *w)
{
    run_update_free(&w->update);
    buf_done(&w->chunk);
    free(w);
}

/* The longest run of whole records that fits a chunk; all of them nearly always. */
static uint32_t take_records(struct run *r, struct buf *chunk)
{
    if (r->pending.len <= ENGINE_CHUNK_MAX) {
        uint32_t count = r->pending_count;
        *chunk = r->pending;
        buf_init(&r->pending, chunk->max);
        r->pending_count = 0;
        return count;
    }
    struct text rest = buf_view(&r->pending);
    struct record rec;
    uint32_t count = 0;
    size_t bytes = 0;
    while (record_next(&rest, &rec) &&
           (count == 0 || r->pending.len - rest.len <= ENGINE_CHUNK_MAX)) {
        count++;
        bytes = r->pending.len - rest.len;
    }
    buf_init(chunk, r->pending.max);
    buf_add(chunk, r->pending.data, bytes);
    buf_drop_front(&r->pending, bytes);
    r->pending_count -= count;
    return count;
}

static void fill_accept(struct run *r)
{
    struct acceptance *b = r->acceptance;
    b->row = (struct store_accept){
        .project = text_of(b->project),
        .trigger = text_of(b->trigger),
        .kind = text_of(b->kind),
        .session = text_of(b->session),
        .instruction = text_of(b->instruction),
        .event = buf_view(&b->event),
        .seed = r->seed,
        .created_ms = r->created_ms,
        .unique = b->unique,
        .unique_until_ms = b->unique_ms ? r->created_ms + b->unique_ms : 0,
        .idempotency_key = text_of(b->idempotency_key),
        .caller = text_of(b->caller),
    };
    memcpy(b->row.version, r->version->hash, SHA256_BYTES);
    memcpy(b->row.fingerprint, b->fingerprint, SHA256_BYTES);
    memcpy(b->row.body_hash, b->body_hash, SHA256_BYTES);
}

static void on_written(struct store_order *order);

void run_commit(struct run *r)
{
    if (r->writing || (r->pending_count == 0 && !r->update.any))
        return;
    struct engine *e = r->e;
    struct run_write *w = mem_zero(1, sizeof *w);
    w->run = r;
    memcpy(w->order.run, r->id, sizeof r->id);
    w->order.first = r->next_seq - r->pending_count;
    w->order.count = take_records(r, &w->chunk);
    w->order.chunk = buf_view(&w->chunk);
    if (r->acceptance) {
        fill_accept(r);
        w->order.accept = &r->acceptance->row;
    }
    if (r->pending_count == 0) { /* the row's end goes with the last chunk */
        w->update = r->update;
        r->update = (struct run_update){0};
        buf_init(&r->update.result, FRAME_MAX);
        struct store_update *row = &w->update.row;
        row->steps = r->steps;
        row->instruction = text_of(w->update.instruction);
        row->result = w->update.result.data ? buf_view(&w->update.result) : TEXT_NONE;
        row->error_code = text_of(w->update.code);
        row->error_message = text_of(w->update.message);
        row->error_at = text_of(w->update.at);
        w->order.update = *row;
    }
    w->order.done = on_written;
    w->order.arg = w;
    r->writing = w;
    e->writes++;
    store_write(e->store, &w->order);
}

static void publish(struct run *r, struct run_write *w)
{
    struct hub_news news = {
        .run = r->id,
        .first = w->order.first,
        .count = w->order.count,
        .chunk = w->order.chunk,
        .end = store_status_final(w->order.update.status) ? &w->order.update : NULL,
    };
    hub_publish(&r->e->hub, &news);
}

/* The disk refuses a run that was accepted: what it says waits here until it can be written. */
static void on_again(struct timer *t)
{
    struct run_write *w = CONTAINER_OF(t, struct run_write, again);
    if (w->run->e->closing)
        return; /* run_commit_abandon frees it */
    w->run->e->writes++;
    store_write(w->run->e->store, &w->order);
}

void run_commit_abandon(struct run *r)
{
    if (!r->writing)
        return;
    timers_drop(&r->e->timers, &r->writing->again);
    write_free(r->writing);
    r->writing = NULL;
}

static void written(struct run *r, struct run_write *w)
{
    struct engine *e = r->e;
    r->committed = w->order.first + w->order.count - 1;
    struct ticket *ticket = NULL;
    if (w->order.accept) {
        acceptance_free(r->acceptance);
        r->acceptance = NULL;
        ticket = r->ticket;
        r->ticket = NULL;
    }
    bool ended = store_status_final(w->order.update.status);
    bool parked = w->order.update.status == STORE_WAITING;
    int64_t wake_ms = w->order.update.wake_ms;
    if (ticket)
        ticket_accepted(ticket);
    publish(r, w);
    write_free(w);
    if (ended) {
        run_release(r);
        fire_next(e);
        return;
    }
    ops_release(r);
    if (r->pending_count > 0 || r->update.any)
        run_touch(r);
    else if (r->phase == RUN_LOST)
        revive_lost(r);
    else if (parked && r->park)
        revive_parked(r, wake_ms);
}

/* Nothing of it was written. What the file does not take is a bug, or somebody else has written to
 * it: a run that was accepted rests until the next start as its journal has it, as rebuilding it
 * now would come to the same point again. */
static void refused(struct run *r, struct run_write *w)
{
    struct engine *e = r->e;
    if (w->order.outcome == STORE_WRONG)
        log_error(r->id, "the store does not take what the run wrote: %s", w->order.err.text);
    struct ticket *ticket = r->ticket;
    r->ticket = NULL;
    if (ticket)
        ticket_refused(ticket, &w->order);
    write_free(w);
    run_release(r);
    fire_next(e);
}

static void on_written(struct store_order *order)
{
    struct run_write *w = order->arg;
    struct run *r = w->run;
    struct engine *e = r->e;
    e->writes--;
    if (order->outcome == STORE_BROKEN)
        store_outage_failed(e, r->id, &order->err);
    else if (order->outcome != STORE_WRONG)
        store_outage_works(e);
    if (order->outcome == STORE_BROKEN && !order->accept && !e->closing) {
        timers_set(&e->timers, &w->again, ENGINE_STORE_RETRY_MS, on_again);
        return;
    }
    r->writing = NULL;
    if (order->outcome == STORE_DONE)
        written(r, w);
    else
        refused(r, w);
}
