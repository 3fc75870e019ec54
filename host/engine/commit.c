/* SPDX-License-Identifier: MIT */
#include "engine/commit.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/acceptance.h"
#include "engine/backlog.h"
#include "engine/cancel.h"
#include "engine/inbox.h"
#include "engine/ops.h"
#include "engine/placement.h"
#include "engine/rebuild.h"
#include "engine/recovery.h"
#include "engine/run.h"
#include "engine/store_outage.h"
#include "engine/ticket.h"
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

static void on_written(struct store_order *order);

static bool has_pending(const struct run *r)
{
    return r->pending_count > 0 || r->update.any;
}

static void send_order(struct run_write *w)
{
    struct engine *e = w->run->e;
    e->commits.under_way++;
    store_write(e->store, &w->order);
}

/* Orders what is pending, unless an order is under way. */
static void order_pending(struct run *r)
{
    if (r->writing || !has_pending(r))
        return;
    struct run_write *w = mem_zero(1, sizeof *w);
    w->run = r;
    memcpy(w->order.run, r->id, sizeof r->id);
    w->order.first = r->next_seq - r->pending_count;
    w->order.count = take_records(r, &w->chunk);
    w->order.chunk = buf_view(&w->chunk);
    w->order.inbox_taken = inbox_taken(r, w->order.first + w->order.count - 1);
    if (r->acceptance)
        w->order.accept = acceptance_row(r);
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
        row->waiting = text_of(w->update.waiting);
        w->order.update = *row;
    }
    w->order.done = on_written;
    w->order.arg = w;
    r->writing = w;
    send_order(w);
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
    send_order(w);
}

void run_commit_abandon(struct run *r)
{
    if (!r->writing)
        return;
    timers_drop(&r->e->timers, &r->writing->again);
    write_free(r->writing);
    r->writing = NULL;
}

/* All that it said is committed. */
static void leave_parked(struct run *r, int64_t wake_ms)
{
    struct engine *e = r->e;
    run_unplace(r, true);
    run_enter(r, RUN_COMMITTED);
    run_release(r);
    recovery_expect(e, wake_ms - clock_wall_ms(e->clock));
}

static void become_due(struct run *r)
{
    run_enter(r, RUN_COMMITTED);
    rebuild_due(r);
}

void run_return(struct run *r)
{
    if (r->writing || has_pending(r))
        run_touch(r);
    else
        become_due(r);
}

/* Out of memory, in whatever state it is. */
static void leave_memory(struct run *r, enum run_event event)
{
    struct engine *e = r->e;
    run_unplace(r, true);
    run_enter(r, event);
    run_release(r);
    backlog_next(e);
}

static struct ticket *take_ticket(struct run *r)
{
    struct ticket *t = r->ticket;
    r->ticket = NULL;
    return t;
}

static void go_on_committed(struct run *r, struct run_write *w)
{
    struct ticket *ticket = NULL;
    bool ended = store_status_final(w->order.update.status);
    int64_t wake_ms = w->order.update.wake_ms;
    r->committed = w->order.first + w->order.count - 1;
    if (w->order.accept) {
        acceptance_free(r->acceptance);
        r->acceptance = NULL;
        ticket = take_ticket(r);
    }
    if (ticket)
        ticket_accepted(ticket);
    publish(r, w);
    write_free(w);
    if (ended) {
        leave_memory(r, RUN_COMMITTED);
        return;
    }
    ops_release(r);
    if (has_pending(r))
        run_touch(r);
    else if (r->state == RUN_RETURNING)
        become_due(r);
    else if (r->state == RUN_PARKING)
        leave_parked(r, wake_ms);
}

/* Nothing of it was written. What the file does not take is a bug, or somebody else has written to
 * it: a run that was accepted rests until the next start as its journal has it, as rebuilding it
 * now would come to the same point again. */
static void give_up_refused(struct run *r, struct run_write *w)
{
    enum run_event event = w->order.accept ? RUN_REFUSED : RUN_UNWRITTEN;
    struct ticket *ticket = take_ticket(r);
    if (w->order.outcome == STORE_WRONG)
        log_error(r->id, "the store does not take what the run wrote: %s", w->order.err.text);
    if (ticket)
        ticket_refused(ticket, &w->order);
    write_free(w);
    if (event == RUN_UNWRITTEN)
        cancels_unwritten(r->e, r->id);
    leave_memory(r, event);
}

static void on_written(struct store_order *order)
{
    struct run_write *w = order->arg;
    struct run *r = w->run;
    struct engine *e = r->e;
    e->commits.under_way--;
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
        go_on_committed(r, w);
    else
        give_up_refused(r, w);
}

/* ---- the end of a turn */

void commits_init(struct commits *c)
{
    list_init(&c->dirty);
}

void run_touch(struct run *r)
{
    if (list_empty(&r->link) && !r->writing)
        list_add(&r->e->commits.dirty, &r->link);
}

void commits_flush(struct engine *e)
{
    struct list *node;
    while ((node = list_pop(&e->commits.dirty)))
        order_pending(LIST_ENTRY(node, struct run, link));
}

bool commits_quiet(const struct engine *e)
{
    return e->commits.under_way == 0 && list_empty(&e->commits.dirty);
}
