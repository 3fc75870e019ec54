/* SPDX-License-Identifier: MIT */
#include "engine/run_end.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/ops.h"
#include "engine/placement.h"
#include "engine/run.h"

static void write_end(struct run *r, enum store_status status, enum record_type type,
                      struct text data)
{
    struct engine *e = r->e;
    list_del(&r->link);
    run_enter(r, RUN_FINISHED); /* before the record: nothing may follow it */
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
    if (run_has_ended(r))
        return;
    struct buf data;
    buf_init(&data, FRAME_MAX + 64);
    buf_reserve(&data, result.len + 16);
    json_open(&data, NULL, '{');
    json_raw(&data, "result", result);
    json_close(&data, '}');
    buf_text(&r->update.result, result);
    run_unplace(r, false);
    write_end(r, STORE_COMPLETED, RECORD_RUN_COMPLETED, buf_view(&data));
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
    if (run_has_ended(r))
        return;
    struct buf data;
    buf_init(&data, FRAME_MAX);
    json_open(&data, NULL, '{');
    json_word(&data, "code", code);
    json_text(&data, "message", message);
    json_text(&data, "at", at);
    json_close(&data, '}');
    r->update.code = mem_text(code);
    r->update.message = mem_text_n(message.data, message.len);
    r->update.at = at.data ? mem_text_n(at.data, at.len) : NULL;
    write_end(r, status, type, buf_view(&data));
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
