/* SPDX-License-Identifier: MIT */
#include "runner/run/emit.h"

#include "runner/lib/lua_json.h"
#include "runner/run/script.h"
#include "runner/vm/tick.h"
#include "wire/frame.h"

#include <stdio.h>

static size_t begin_frame(struct script *s, enum frame_type type)
{
    return frame_begin(s->port->out, type, s->port->tag);
}

/* Ends a frame. A script that writes faster than the host takes leaves the processor, so that the
 * loop can send. */
static void end_frame(lua_State *L, struct script *s, size_t mark)
{
    struct buf *out = s->port->out;
    frame_end(out, mark);
    if (out->len > EMIT_MAX)
        vm_kill(L, "limit.output", "the run writes more than the host can take");
    if (out->len > EMIT_HIGH) {
        s->vm.slice_ended = true;
        tick_arm(&s->vm);
    }
}

/* The bytes that a record costs in the journal beside its texts, rather too many; of an op, its
 * records and those of its answer. */
enum { RECORD_COST = 64, OP_COST = 512 };

void emit_count(struct script *s, size_t bytes)
{
    s->journal_bytes += bytes;
}

static void check_journal(lua_State *L, struct script *s)
{
    if (s->journal_bytes > FRAME_JOURNAL_MAX)
        vm_kill(L, "limit.journal", "the run has written %d MB of journal, which is the limit",
                FRAME_JOURNAL_MAX >> 20);
}

struct text emit_json(lua_State *L, int idx, uint32_t max, const char *limit, const char *kind)
{
    struct buf *json = script_of(L)->port->scratch;
    struct error err;
    if (lua_isnoneornil(L, idx))
        return TEXT_NONE;
    buf_clear(json);
    json->max = max;
    bool ok = lua_json_write(L, idx, json, "arguments", &err);
    if (json->full)
        vm_kill(L, limit, "%s: more than %u bytes of JSON", kind, (unsigned)max);
    if (!ok) {
        char message[ERROR_TEXT + 2];
        snprintf(message, sizeof message, ": %s", err.text);
        task_raise(L, kind, message);
    }
    return buf_view(json);
}

void emit_op(lua_State *L, uint32_t step, struct text kind, struct text name, struct text args)
{
    struct script *s = script_of(L);
    emit_count(s, OP_COST + kind.len + name.len);
    check_journal(L, s);
    size_t mark = begin_frame(s, FRAME_OP);
    frame_put_u32(s->port->out, step);
    frame_put_bytes(s->port->out, kind);
    frame_put_bytes(s->port->out, name);
    frame_put_bytes(s->port->out, args);
    end_frame(L, s, mark);
}

void emit_op_cancel(struct script *s, uint32_t step)
{
    size_t mark = begin_frame(s, FRAME_OP_CANCEL);
    frame_put_u32(s->port->out, step);
    frame_end(s->port->out, mark);
}

void emit_record(lua_State *L, enum record_type type, uint32_t step, uint32_t attempt,
                 struct text name, struct text data)
{
    struct script *s = script_of(L);
    emit_count(s, RECORD_COST + name.len + data.len);
    check_journal(L, s);
    size_t mark = begin_frame(s, FRAME_RECORD);
    frame_put_u8(s->port->out, (uint8_t)type);
    frame_put_u32(s->port->out, step);
    frame_put_u32(s->port->out, attempt);
    frame_put_bytes(s->port->out, name);
    frame_put_bytes(s->port->out, data);
    end_frame(L, s, mark);
}

void emit_idle(struct script *s, uint32_t answers)
{
    char at[VM_AT];
    vm_find_line(s->tasks.root.co, at);
    size_t mark = begin_frame(s, FRAME_IDLE);
    frame_put_u32(s->port->out, answers);
    frame_put_bytes(s->port->out, at[0] ? text_of(at) : TEXT_NONE);
    frame_end(s->port->out, mark);
}

static void put_one(struct buf *out, enum frame_type type, uint64_t tag, struct text bytes)
{
    size_t mark = frame_begin(out, type, tag);
    frame_put_bytes(out, bytes);
    frame_end(out, mark);
}

void emit_admitted(struct buf *out, uint64_t run, struct text instruction)
{
    put_one(out, FRAME_ADMITTED, run, instruction);
}

void emit_dropped(struct buf *out, uint64_t run, struct text reason)
{
    put_one(out, FRAME_DROPPED, run, reason);
}

void emit_finished(struct buf *out, uint64_t run, struct text result)
{
    put_one(out, FRAME_FINISHED, run, result);
}

void emit_loaded(struct buf *out, uint64_t version, struct text manifest)
{
    put_one(out, FRAME_LOADED, version, manifest);
}

void emit_refused(struct buf *out, uint64_t version, struct text why)
{
    put_one(out, FRAME_REFUSED, version, why);
}

void emit_failed(struct buf *out, uint64_t run, struct text code, struct text message,
                 struct text at)
{
    size_t mark = frame_begin(out, FRAME_FAILED, run);
    frame_put_bytes(out, code);
    frame_put_bytes(out, message);
    frame_put_bytes(out, at);
    frame_end(out, mark);
}
