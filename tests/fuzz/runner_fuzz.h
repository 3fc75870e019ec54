/* SPDX-License-Identifier: MIT */
/* runner_fuzz.h - a runner in the target's own process, without its socket, for fuzz targets:
 * frames go in, and all that comes out is checked as a suspicious host would.
 *
 * The CPU clock is real but runs FASTER times as fast, so that an endless loop costs little. What a
 * limit of CPU or memory ends depends on such things and is compared with nothing.
 * Owner: the target. Thread: one. */
#pragma once
#include "fuzz.h"

#include "base/json.h"
#include "runner/run/loop.h"
#include "runner/run/script_run.h"
#include "runner/vm/tick.h"
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { FUZZ_FASTER = 20, FUZZ_TAGS = 16, FUZZ_FRAMES = 64 << 20 };

enum fuzz_life { LIFE_NONE, LIFE_ADMITTED };

struct fuzz_runner {
    struct loop loop;
    struct buf in;
    struct buf said;                 /* type and payload of the runs' frames, one after the other */
    enum fuzz_life lives[FUZZ_TAGS]; /* of runs, by tag */
    unsigned starts[FUZZ_TAGS];      /* START frames that nothing was said to yet */
    uint32_t asked[64];              /* steps that wait for an answer, the oldest first */
    unsigned asked_count;
    bool limited;        /* CPU or memory ended something */
    struct buf manifest; /* of the last LOADED; empty: the last load was refused */
};

/* One more timer of the same signal: each tick of it counts. */
static inline void fuzz_start_ticks(void)
{
    struct error err;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM};
    struct itimerspec every = {.it_interval.tv_nsec = TICK_MS * 1000000 / FUZZ_FASTER,
                               .it_value.tv_nsec = TICK_MS * 1000000 / FUZZ_FASTER};
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    FUZZ_CHECK(tick_start(&err), "%s", err.text);
    FUZZ_CHECK(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0, "no timer");
    FUZZ_CHECK(timer_settime(timer, 0, &every, NULL) == 0, "no timer");
}

static inline void fuzz_runner_init(struct fuzz_runner *r)
{
    struct error err;
    FUZZ_CHECK(loop_init(&r->loop, -1, NULL, &err), "%s", err.text);
    buf_init(&r->in, FUZZ_FRAMES);
    buf_init(&r->said, FUZZ_FRAMES);
    buf_init(&r->manifest, FUZZ_FRAMES);
}

/* ---- what comes out */

static inline void fuzz_check_json(struct text json, const char *what)
{
    struct error err;
    if (!json.data)
        return;
    cJSON *tree = json_parse(json, &err);
    FUZZ_CHECK(tree, "%s: %s: %.*s", what, err.text, (int)json.len, json.data);
    cJSON_Delete(tree);
}

static inline void fuzz_check_text(struct text t, const char *what)
{
    FUZZ_CHECK(!t.data || text_utf8_ok(t), "%s is not UTF-8: %.*s", what, (int)t.len, t.data);
}

static inline void fuzz_note_asked(struct fuzz_runner *r, uint32_t step)
{
    if (r->asked_count < ARRAY_LEN(r->asked))
        r->asked[r->asked_count++] = step;
}

static inline void fuzz_note_cancelled(struct fuzz_runner *r, uint32_t step)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < r->asked_count; i++)
        if (r->asked[i] != step)
            r->asked[kept++] = r->asked[i];
    r->asked_count = kept;
}

static inline void fuzz_see_failure(struct fuzz_runner *r, struct frame_reader *in)
{
    struct text code = frame_get_bytes(in), message = frame_get_bytes(in);
    struct text at = frame_get_bytes(in);
    fuzz_check_text(code, "code");
    fuzz_check_text(message, "message");
    fuzz_check_text(at, "at");
    FUZZ_CHECK(code.len > 0, "no code");
    if (text_is(code, "limit.cpu") || text_is(code, "limit.memory"))
        r->limited = true;
}

static inline void fuzz_see_fields(struct fuzz_runner *r, const struct frame *f,
                                   struct frame_reader *in)
{
    uint32_t step;
    switch (f->type) {
    case FRAME_RECORD:
        frame_get_u8(in);
        frame_get_u32(in);
        frame_get_u32(in);
        fuzz_check_text(frame_get_bytes(in), "a record's name");
        fuzz_check_json(frame_get_bytes(in), "a record's data");
        return;
    case FRAME_OP:
        step = frame_get_u32(in);
        fuzz_check_text(frame_get_bytes(in), "an op's kind");
        fuzz_check_text(frame_get_bytes(in), "an op's name");
        fuzz_check_json(frame_get_bytes(in), "an op's arguments");
        fuzz_note_asked(r, step);
        return;
    case FRAME_OP_CANCEL:
        fuzz_note_cancelled(r, frame_get_u32(in));
        return;
    case FRAME_FINISHED:
        fuzz_check_json(frame_get_bytes(in), "a result");
        return;
    case FRAME_FAILED:
        fuzz_see_failure(r, in);
        return;
    case FRAME_IDLE:
        frame_get_u32(in);
        fuzz_check_text(frame_get_bytes(in), "where it waits");
        return;
    default: /* ADMITTED, DROPPED */
        fuzz_check_text(frame_get_bytes(in), "an instruction or reason");
    }
}

/* ADMITTED or DROPPED comes first, and nothing behind the end. */
static inline void fuzz_see_life(struct fuzz_runner *r, const struct frame *f)
{
    FUZZ_CHECK(f->tag < FUZZ_TAGS, "tag %llu", (unsigned long long)f->tag);
    enum fuzz_life *life = &r->lives[f->tag];
    bool first = f->type == FRAME_ADMITTED || f->type == FRAME_DROPPED;
    bool last = f->type == FRAME_DROPPED || f->type == FRAME_FINISHED || f->type == FRAME_FAILED;
    FUZZ_CHECK(*life == (first ? LIFE_NONE : LIFE_ADMITTED), "frame %u in life %d", f->type, *life);
    if (first)
        FUZZ_CHECK(r->starts[f->tag]-- > 0, "frame %u of a run that was not started", f->type);
    *life = last ? LIFE_NONE : LIFE_ADMITTED;
}

static inline void fuzz_see(struct fuzz_runner *r, const struct frame *f)
{
    struct frame_reader in;
    struct text t;
    frame_read(&in, f);
    switch (f->type) {
    case FRAME_LOADED:
        t = frame_get_bytes(&in);
        fuzz_check_json(t, "a manifest");
        buf_clear(&r->manifest);
        buf_text(&r->manifest, t);
        break;
    case FRAME_REFUSED:
        t = frame_get_bytes(&in);
        fuzz_check_text(t, "a refusal");
        FUZZ_CHECK(memmem(t.data, t.len, ":", 1), "a refusal without a place: %.*s", (int)t.len,
                   t.data);
        buf_clear(&r->manifest);
        break;
    default:
        FUZZ_CHECK(f->type >= FRAME_ADMITTED, "frame %u from a runner", f->type);
        fuzz_see_life(r, f);
        fuzz_see_fields(r, f, &in);
        buf_printf(&r->said, "\n%u ", f->type);
        buf_text(&r->said, f->payload);
    }
    FUZZ_CHECK(frame_read_ok(&in), "frame %u is longer or shorter than its fields", f->type);
}

/* Gives all frames in `in` to the runner, lets it work until nothing can move, and looks at what it
 * says. False: it found the frames broken, where the process would end. */
static inline bool fuzz_go(struct fuzz_runner *r)
{
    struct frame f;
    size_t at = 0, used;
    ssize_t taken = r->in.len ? loop_take(&r->loop, r->in.data, r->in.len) : 0;
    while (loop_slice(&r->loop))
        continue;
    struct buf *out = &r->loop.out;
    while (at < out->len) {
        FUZZ_CHECK(frame_next(out->data + at, out->len - at, &f, &used) == 1, "a broken frame");
        fuzz_see(r, &f);
        at += used;
    }
    buf_clear(out);
    if (taken >= 0)
        buf_drop_front(&r->in, (size_t)taken);
    else
        buf_clear(&r->in);
    return taken >= 0;
}

/* ---- what goes in */

static inline void fuzz_put_plain(struct fuzz_runner *r, enum frame_type type, uint64_t tag)
{
    frame_end(&r->in, frame_begin(&r->in, type, tag));
}

static inline void fuzz_put_answer(struct buf *in, uint64_t tag, int64_t at_ms, uint32_t step,
                                   bool ok, struct text json)
{
    size_t mark = frame_begin(in, FRAME_ANSWER, tag);
    frame_put_u64(in, (uint64_t)at_ms);
    frame_put_u32(in, step);
    frame_put_u8(in, ok);
    frame_put_bytes(in, json);
    frame_end(in, mark);
}

static const struct frame_start fuzz_start = {
    .version = 1,
    .seed = 42,
    .at_ms = 1763712000123,
    .cpu_ms = 250,
    .memory_bytes = 16 << 20,
    .steps = 100,
    .output_bytes = 64 << 10,
    .record_bytes = 4 << 10,
    .admit = 1,
    .run_id = {"run_1", 5},
};
