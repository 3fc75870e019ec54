/* SPDX-License-Identifier: MIT */
#include "engine/run.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/ops.h"
#include "engine/replay.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run *run_by_id(const struct engine *e, const char *id)
{
    return map_get(&e->runs, text_of(id));
}

struct run *run_by_tag(const struct engine *e, uint64_t tag)
{
    return map_get(&e->tags, (struct text){(const char *)&tag, sizeof tag});
}


struct run *run_new(struct engine *e, const char *id, struct version *version)
{
    struct run *r = mem_zero(1, sizeof *r);
    r->e = e;
    memcpy(r->id, id, strlen(id) + 1);
    r->version = version ? version_hold(version) : NULL;
    r->next_seq = 1;
    buf_init(&r->pending, (size_t)ENGINE_JOURNAL_MAX + FRAME_MAX);
    buf_init(&r->update.result, FRAME_MAX);
    list_init(&r->link);
    list_init(&r->ops);
    list_init(&r->late);
    map_put(&e->runs, text_of(r->id), r);
    return r;
}

void birth_free(struct birth *b)
{
    if (!b)
        return;
    free(b->project);
    free(b->trigger);
    free(b->session);
    free(b->caller);
    free(b->idempotency_key);
    free(b->instruction);
    buf_done(&b->event);
    free(b);
}

static void update_free(struct run_update *u)
{
    free(u->instruction);
    free(u->code);
    free(u->message);
    free(u->at);
    buf_done(&u->result);
}

void run_release(struct run *r)
{
    struct engine *e = r->e;
    run_unplace(r, true);
    run_unlink(r);
    ops_drop(r);
    replay_free(r->replay);
    timers_drop(&e->timers, &r->wall);
    timers_drop(&e->timers, &r->idle);
    map_del(&e->runs, text_of(r->id));
    version_drop(&e->registry, e->pool, r->version);
    birth_free(r->birth);
    update_free(&r->update);
    buf_done(&r->pending);
    free(r->event);
    free(r->instruction);
    free(r);
}

void run_unlink(struct run *r)
{
    if (r->linked == LINK_BACKLOG)
        r->e->backlog_count--;
    r->linked = LINK_NONE;
    list_del(&r->link);
}

/* ---- its place on a runner */

struct buf *run_out(struct run *r)
{
    return pool_out(r->e->pool, r->runner);
}

void run_active(struct run *r, bool active)
{
    if (r->active == active)
        return;
    r->active = active;
    r->e->active[r->runner] += active ? 1 : -1;
}

void run_place(struct run *r, unsigned runner)
{
    struct engine *e = r->e;
    r->tag = e->next_tag++;
    r->runner = runner;
    r->answers_sent = 0;
    e->live[runner]++;
    map_put(&e->tags, (struct text){(const char *)&r->tag, sizeof r->tag}, r);
    run_active(r, true);
    version_ensure(r->version, e->pool, runner);
}

void run_unplace(struct run *r, bool tell)
{
    struct engine *e = r->e;
    if (r->tag == 0)
        return;
    run_active(r, false);
    e->live[r->runner]--;
    if (tell) {
        struct buf *out = run_out(r);
        frame_end(out, frame_begin(out, FRAME_DROP, r->tag));
    }
    map_del(&e->tags, (struct text){(const char *)&r->tag, sizeof r->tag});
    r->tag = 0;
}

/* ---- records */

void run_touch(struct run *r)
{
    if (r->linked == LINK_NONE && !r->writing) {
        list_add(&r->e->dirty, &r->link);
        r->linked = LINK_DIRTY;
    }
}

void run_record(struct run *r, const struct record *rec)
{
    size_t before = r->pending.len;
    record_write(&r->pending, rec);
    r->journal_bytes += r->pending.len - before;
    r->pending_count++;
    r->next_seq++;
    run_touch(r);
    if (r->journal_bytes > ENGINE_JOURNAL_MAX && r->phase != RUN_ENDED)
        run_end_failed(r, "limit.journal", TEXT("the run has written 64 MB of journal, which is the limit"), TEXT_NONE);
}

void run_note(struct run *r, enum record_type type, const char *data)
{
    struct record rec = {.type = type, .at_ms = clock_wall_ms(r->e->clock), .data = text_of(data)};
    run_record(r, &rec);
}

/* ---- ends */

static void end(struct run *r, enum store_status status, enum record_type type, struct text data)
{
    struct engine *e = r->e;
    run_unlink(r);
    r->phase = RUN_ENDED; /* before the record: nothing may follow it */
    r->park = false;
    r->update.row.status = status;
    r->update.row.finished_ms = clock_wall_ms(e->clock);
    r->update.row.wake_ms = -1;
    r->update.any = true;
    struct record rec = {.type = type, .at_ms = r->update.row.finished_ms, .data = data};
    run_record(r, &rec);
    timers_drop(&e->timers, &r->wall);
    timers_drop(&e->timers, &r->idle);
    ops_drop(r);
}

void run_complete(struct run *r, struct text result)
{
    if (r->phase == RUN_ENDED)
        return;
    struct buf data;
    buf_init(&data, FRAME_MAX + 64);
    buf_str(&data, "{\"result\":");
    buf_text(&data, result);
    buf_char(&data, '}');
    buf_text(&r->update.result, result);
    run_unplace(r, false);
    end(r, STORE_COMPLETED, RECORD_RUN_COMPLETED, buf_view(&data));
    buf_done(&data);
}

static void end_with_error(struct run *r, enum store_status status, enum record_type type, const char *code,
                           struct text message, struct text at)
{
    if (r->phase == RUN_ENDED)
        return;
    struct buf data;
    buf_init(&data, FRAME_MAX);
    buf_str(&data, "{\"code\":");
    json_put_cstr(&data, code);
    buf_str(&data, ",\"message\":");
    json_put_string(&data, message);
    buf_str(&data, ",\"at\":");
    if (at.data)
        json_put_string(&data, at);
    else
        buf_str(&data, "null");
    buf_char(&data, '}');
    r->update.code = mem_text(code);
    r->update.message = mem_text_n(message.data, message.len);
    r->update.at = at.data ? mem_text_n(at.data, at.len) : NULL;
    end(r, status, type, buf_view(&data));
    buf_done(&data);
    log_info(r->id, "run %s code=%s at=%.*s message=\"%.*s\"", store_status_name(status), code,
             at.data ? (int)at.len : 1, at.data ? at.data : "-", (int)(message.len > 300 ? 300 : message.len), message.data);
}

void run_end_failed(struct run *r, const char *code, struct text message, struct text at)
{
    run_unplace(r, true);
    end_with_error(r, STORE_FAILED, RECORD_RUN_FAILED, code, message, at);
}

void run_cancel(struct run *r)
{
    run_unplace(r, true);
    end_with_error(r, STORE_CANCELLED, RECORD_RUN_CANCELLED, "cancelled", TEXT("cancelled by request"), TEXT_NONE);
}

void run_time_out(struct run *r)
{
    run_unplace(r, true);
    end_with_error(r, STORE_TIMED_OUT, RECORD_RUN_TIMED_OUT, "limit.wall",
                   TEXT("the run took longer than its wall time allows"), TEXT_NONE);
}

/* ---- time */

static int64_t wall_limit_ms(const struct run *r)
{
    const struct manifest *m = r->version ? r->version->manifest : NULL;
    return m && m->wall_ms ? m->wall_ms : r->e->config->wall_ms;
}

static void on_wall(struct timer *t)
{
    run_watch_wall(CONTAINER_OF(t, struct run, wall));
}

void run_watch_wall(struct run *r)
{
    enum { LOOK_AGAIN_MS = 60000 }; /* the wall clock may jump: never trust one timer for longer */
    int64_t left = r->created_ms + wall_limit_ms(r) - clock_wall_ms(r->e->clock);
    bool away = r->phase == RUN_LOST || r->phase == RUN_REBUILDING; /* the store is being read for it: not now */
    if (left <= 0 && away)
        timers_set(&r->e->timers, &r->wall, 1000, on_wall);
    else if (left <= 0)
        run_time_out(r);
    else
        timers_set(&r->e->timers, &r->wall, left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS, on_wall);
}

void run_park(struct run *r, int64_t due_ms)
{
    int64_t wall = r->created_ms + wall_limit_ms(r);
    char until[TEXT_TIME], data[64];
    r->park = true;
    r->update.row.status = STORE_WAITING;
    r->update.row.wake_ms = due_ms < wall ? due_ms : wall;
    r->update.any = true;
    text_time(r->update.row.wake_ms, until);
    snprintf(data, sizeof data, "{\"until\":\"%s\"}", until);
    run_note(r, RECORD_RUN_WAITING, data);
}

void run_unpark(struct run *r)
{
    if (!r->park)
        return;
    r->park = false;
    r->update.row.status = STORE_RUNNING;
    r->update.row.wake_ms = -1;
    r->update.any = true;
}

static void on_idle(struct timer *t)
{
    struct run *r = CONTAINER_OF(t, struct run, idle);
    if (r->phase != RUN_IDLE)
        return;
    run_unplace(r, true);
    r->phase = RUN_AWAY;
    log_debug(r->id, "\"evicted: it waits for an answer\"");
}

void run_rest(struct run *r)
{
    timers_set(&r->e->timers, &r->idle, ENGINE_EVICT_MS, on_idle);
}

void run_return(struct run *r)
{
    r->phase = RUN_LOST;
    if (!r->writing && r->pending_count == 0 && !r->update.any)
        revive_lost(r);
    else
        run_touch(r); /* its commit brings it back */
}

/* ---- commits */

struct run_write {
    struct store_order order;
    struct run *run;
    struct buf chunk;
    struct run_update update;
    struct timer again;
};

static void write_free(struct run_write *w)
{
    update_free(&w->update);
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
    while (record_next(&rest, &rec) && (count == 0 || r->pending.len - rest.len <= ENGINE_CHUNK_MAX)) {
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
    struct birth *b = r->birth;
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
    if (r->birth) {
        fill_accept(r);
        w->order.accept = &r->birth->row;
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
    w->run->e->writes++;
    store_write(w->run->e->store, &w->order);
}

static void written(struct run *r, struct run_write *w)
{
    struct engine *e = r->e;
    r->committed = w->order.first + w->order.count - 1;
    struct ticket *ticket = NULL;
    if (w->order.accept) {
        birth_free(r->birth);
        r->birth = NULL;
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

static void refused(struct run *r, struct run_write *w)
{
    struct engine *e = r->e;
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
    if (order->outcome != STORE_BROKEN && e->store_broken) {
        e->store_broken = false;
        log_info(NULL, "the store works again");
    }
    if (order->outcome == STORE_BROKEN && !e->store_broken) {
        e->store_broken = true;
        log_error(r->id, "the store refuses writes: %s", order->err.text);
    }
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
