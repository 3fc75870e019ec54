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

void acceptance_free(struct acceptance *b)
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

void run_update_free(struct run_update *u)
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
    acceptance_free(r->acceptance);
    run_update_free(&r->update);
    buf_done(&r->pending);
    free(r->session);
    free(r->at);
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

unsigned engine_idlest_runner(const struct engine *e)
{
    unsigned best = 0;
    for (unsigned i = 1; i < pool_count(e->pool); i++)
        if (e->active[i] < e->active[best] ||
            (e->active[i] == e->active[best] && e->live[i] < e->live[best]))
            best = i;
    return best;
}

static void put_start(struct run *r, bool admit, struct text instruction, struct text event)
{
    const struct manifest *m = r->version->manifest;
    struct frame_start s = {
        .version = r->version->tag,
        .seed = r->seed,
        .at_ms = r->created_ms,
        .cpu_ms = m->cpu_ms,
        .memory_bytes = m->memory_bytes,
        .steps = m->steps,
        .output_bytes = m->output_bytes,
        .record_bytes = m->record_bytes,
        .admit = admit,
        .run_id = text_of(r->id),
        .instruction = instruction,
        .event = event,
    };
    frame_put_start(run_out(r), r->tag, &s);
}

void run_place(struct run *r, unsigned runner, bool admit, struct text instruction,
               struct text event)
{
    struct engine *e = r->e;
    r->tag = e->next_tag++;
    r->runner = runner;
    r->answers_sent = 0;
    e->live[runner]++;
    map_put(&e->tags, (struct text){(const char *)&r->tag, sizeof r->tag}, r);
    run_active(r, true);
    version_ensure(r->version, e->pool, runner);
    put_start(r, admit, instruction, event);
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
        run_end_failed(r, "limit.journal",
                       TEXT("the run has written 64 MB of journal, which is the limit"), TEXT_NONE);
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
    buf_reserve(&data, result.len + 16);
    buf_str(&data, "{\"result\":");
    buf_text(&data, result);
    buf_char(&data, '}');
    buf_text(&r->update.result, result);
    run_unplace(r, false);
    end(r, STORE_COMPLETED, RECORD_RUN_COMPLETED, buf_view(&data));
    buf_done(&data);
}

/* A message is a script's: its quotes must not end the field and begin others. */
static void log_end(const struct run *r, enum store_status status, const char *code,
                    struct text message, struct text at)
{
    enum { SHOWN = 300 };
    char shown[2 * SHOWN];
    size_t len = 0;
    for (size_t i = 0; i < message.len && i < SHOWN; i++) {
        if (message.data[i] == '"' || message.data[i] == '\\')
            shown[len++] = '\\';
        shown[len++] = message.data[i];
    }
    const struct bundle *b = r->version ? r->version->bundle : NULL;
    log_info(r->id, "\"run %s\" trigger=%s/%s code=%s at=%.*s message=\"%.*s\"",
             store_status_name(status), b ? b->project : "?", b ? b->key : "?", code,
             at.data ? (int)at.len : 1, at.data ? at.data : "-", (int)len, shown);
}

static void end_with_error(struct run *r, enum store_status status, enum record_type type,
                           const char *code, struct text message, struct text at)
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
    log_end(r, status, code, message, at);
}

void run_end_failed(struct run *r, const char *code, struct text message, struct text at)
{
    run_unplace(r, true);
    end_with_error(r, STORE_FAILED, RECORD_RUN_FAILED, code, message, at);
}

void run_cancel(struct run *r)
{
    run_unplace(r, true);
    end_with_error(r, STORE_CANCELLED, RECORD_RUN_CANCELLED, "cancelled",
                   TEXT("cancelled by request"), TEXT_NONE);
}

void run_time_out(struct run *r)
{
    run_unplace(r, true);
    end_with_error(r, STORE_TIMED_OUT, RECORD_RUN_TIMED_OUT, "limit.wall",
                   TEXT("the run took longer than its wall time allows"), text_of(r->at));
}
