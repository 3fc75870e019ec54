/* SPDX-License-Identifier: MIT */
/* harness.h - a runner in the test's own process, without its socket: frames go in, what comes out
 * is read as lines of text, such as "7 op 1 http GET {\"url\":\"…\"}". Scripts find a module
 * `probe`, which is the host table itself, beside small stand-ins for flow and agent, so that these
 * tests say nothing about lualib. Owner: one test. Thread: one (the CPU tick is real). */
#pragma once
#include "test.h"

#include "base/embed.h"
#include "runner/run/script_run.h"
#include "runner/vm/tick.h"
#include "wire/record_type.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LUALIB(name, text)          \
    {                               \
        name, text, sizeof text - 1 \
    }

#ifndef RIG_REAL_LUALIB /* a test may want them */
/* In place of the real ones: the linker takes the first it finds. */
const struct embedded lualib_files[] = {
    LUALIB("probe.lua", "local name, host = ... return host"),
    LUALIB("flow.lua",
           "local name, host = ...\n"
           "return { log = function(m) host.record('log', 0, 0, nil, { message = m }) end,\n"
           "  ask = function(q) return host.op('ask', nil, q) end }"),
    LUALIB("agent.lua", "local name, host = ...\n"
                        "return { ask = function(o) local ok, v = host.op('agent', nil, o)\n"
                        "  if ok then return v end return nil, v.message, v.code end }"),
    {NULL, NULL, 0},
};
#endif

struct rig {
    struct loop loop;
    struct buf in;
    struct buf text;   /* what was sent, one line a frame */
    char idle_at[256]; /* of the last IDLE */
};

static inline void rig_init(struct rig *rig)
{
    struct error err;
    assert_true(loop_init(&rig->loop, -1, NULL, &err));
    assert_true(tick_start(&err));
    buf_init(&rig->in, 64 << 20);
    buf_init(&rig->text, 128 << 20);
}

static inline void rig_done(struct rig *rig)
{
    tick_stop();
    loop_done(&rig->loop);
    buf_done(&rig->in);
    buf_done(&rig->text);
}

/* ---- what goes in */

struct rig_file {
    const char *name, *source;
};

/* files: the trigger's own first; a name NULL ends them. */
static inline void rig_load_files(struct rig *rig, uint64_t version, const struct rig_file *files)
{
    uint32_t count = 0;
    while (files[count].name)
        count++;
    size_t mark = frame_begin(&rig->in, FRAME_LOAD, version);
    frame_put_u32(&rig->in, count);
    for (uint32_t i = 0; i < count; i++) {
        frame_put_bytes(&rig->in, text_of(files[i].name));
        frame_put_bytes(&rig->in, text_of(files[i].source));
    }
    frame_end(&rig->in, mark);
}

static inline void rig_load(struct rig *rig, uint64_t version, const char *source)
{
    rig_load_files(rig, version, (struct rig_file[]){{"p/k.lua", source}, {NULL, NULL}});
}

static const struct frame_start rig_defaults = {
    .version = 1,
    .seed = 42,
    .at_ms = 1763712000123,
    .cpu_ms = 250,
    .memory_bytes = 16 << 20,
    .steps = 1000,
    .output_bytes = 1 << 20,
    .record_bytes = 64 << 10,
    .admit = 1,
    .run_id = {"run_1", 5},
    .event = {"{\"body\":{\"n\":1}}", 16},
};

static inline void rig_start_event(struct rig *rig, uint64_t run, const char *event)
{
    struct frame_start s = rig_defaults;
    s.event = text_of(event);
    frame_put_start(&rig->in, run, &s);
}

static inline void rig_start(struct rig *rig, uint64_t run)
{
    frame_put_start(&rig->in, run, &rig_defaults);
}

static inline void rig_answer_at(struct rig *rig, uint64_t run, int64_t at_ms, uint32_t step,
                                 bool ok, const char *json)
{
    size_t mark = frame_begin(&rig->in, FRAME_ANSWER, run);
    frame_put_u64(&rig->in, (uint64_t)at_ms);
    frame_put_u32(&rig->in, step);
    frame_put_u8(&rig->in, ok);
    frame_put_bytes(&rig->in, text_of(json));
    frame_end(&rig->in, mark);
}

static inline void rig_answer(struct rig *rig, uint64_t run, uint32_t step, const char *json)
{
    rig_answer_at(rig, run, rig_defaults.at_ms + 1000 * step, step, true, json);
}

static inline void rig_put(struct rig *rig, enum frame_type type, uint64_t tag)
{
    frame_end(&rig->in, frame_begin(&rig->in, type, tag));
}

/* ---- what comes out */

static const char *const rig_names[] = {
    [FRAME_READY] = "ready",
    [FRAME_LOADED] = "loaded",
    [FRAME_REFUSED] = "refused",
    [FRAME_ADMITTED] = "admitted",
    [FRAME_DROPPED] = "dropped",
    [FRAME_RECORD] = "record",
    [FRAME_OP] = "op",
    [FRAME_OP_CANCEL] = "op_cancel",
    [FRAME_FINISHED] = "finished",
    [FRAME_FAILED] = "failed",
    [FRAME_IDLE] = "idle",
};

static inline void rig_put_bytes(struct rig *rig, struct frame_reader *r)
{
    struct text t = frame_get_bytes(r);
    buf_char(&rig->text, ' ');
    buf_text(&rig->text, t.data ? t : TEXT("-"));
}

static inline void rig_describe(struct rig *rig, const struct frame *f)
{
    struct frame_reader r;
    frame_read(&r, f);
    buf_printf(&rig->text, "%d %s", (int)f->tag, rig_names[f->type]);
    if (f->type == FRAME_RECORD)
        buf_printf(&rig->text, " %s", record_type_name(frame_get_u8(&r)));
    if (f->type == FRAME_RECORD || f->type == FRAME_OP || f->type == FRAME_OP_CANCEL ||
        f->type == FRAME_IDLE)
        buf_printf(&rig->text, " %u", frame_get_u32(&r));
    if (f->type == FRAME_RECORD)
        buf_printf(&rig->text, " %u", frame_get_u32(&r));
    if (f->type == FRAME_IDLE) { /* one test looks at that */
        struct text at = frame_get_bytes(&r);
        snprintf(rig->idle_at, sizeof rig->idle_at, "%.*s", (int)at.len, at.data ? at.data : "");
    }
    while (r.rest.len > 0 && !r.broken)
        rig_put_bytes(rig, &r);
    assert_true(frame_read_ok(&r));
    buf_char(&rig->text, '\n');
}

static inline void rig_read(struct rig *rig)
{
    struct buf *out = &rig->loop.out;
    size_t at = 0, used = 0;
    struct frame f;
    while (at < out->len && frame_next(out->data + at, out->len - at, &f, &used) == 1) {
        rig_describe(rig, &f);
        at += used;
    }
    assert_int_equal(at, out->len);
    buf_clear(out);
}

/* Handles all that was put in, until nothing can move. The text of what came out, valid until the
 * next call. */
static const char *rig_go(struct rig *rig)
{
    buf_clear(&rig->text);
    ssize_t used = rig->in.len ? loop_take(&rig->loop, rig->in.data, rig->in.len) : 0;
    assert_int_equal(used, rig->in.len);
    buf_clear(&rig->in);
    while (loop_slice(&rig->loop))
        continue;
    rig_read(rig);
    return buf_view(&rig->text).data;
}

/* A script whose run is this body: `event` and `flow` are its arguments. */
static inline const char *rig_body(const char *body)
{
    static char source[32 << 10];
    snprintf(
        source, sizeof source,
        "local host = require 'probe'\nreturn trigger { run = function(event, flow)\n%s\nend }",
        body);
    return source;
}

/* Version 1 is this body from now on. */
static inline void rig_load_body(struct rig *rig, const char *body)
{
    rig_put(rig, FRAME_UNLOAD, 1); /* that of the body before; of none: nobody minds */
    rig_load(rig, 1, rig_body(body));
    assert_non_null(strstr(rig_go(rig), "1 loaded"));
}

/* Runs a body to its end (or its first wait) as run 7. */
static inline const char *rig_run(struct rig *rig, const char *body)
{
    rig_load_body(rig, body);
    rig_start(rig, 7);
    const char *text = rig_go(rig);
    return text;
}
