/* SPDX-License-Identifier: MIT */
/* pool.h - the runner processes: starting them, frames to and from them, watching them. It knows
 * tags, not runs. Owner: engine. Thread: loop. Limits: POOL_RUNNERS processes; a runner that stays
 * on one slice for its CPU limit + POOL_GRACE_MS of CPU time is killed. */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "wire/frame.h"
#include "wire/status_page.h"
#include <uv.h>

struct pool;

enum { POOL_RUNNERS = 64, POOL_GRACE_MS = 250, POOL_STUCK_MS = 30000 };

enum pool_loss {
    POOL_CRASHED, /* it died by itself */
    POOL_KILLED,  /* SIGKILL from outside: an operator, or the kernel out of memory */
    POOL_HOGGED,  /* the watchdog killed it: the culprit spent its CPU limit in one instruction */
    POOL_BROKE,   /* it broke the frame contract, and was killed */
};

struct pool_end {
    enum pool_loss why;
    const char *detail;         /* "killed by signal 11" */
    uint64_t culprit;           /* the tag that was on the processor; 0: none */
    enum status_page_kind kind; /* whose tag: a run's or a version's */
    const char *at;             /* the script line where it stood; "" when it is not known */
};

struct pool_options {
    uv_loop_t *loop;
    const struct clock *clock;
    unsigned count;
    /* A frame came. False: it breaks the contract, and the runner is killed for that. */
    bool (*frame)(void *arg, unsigned runner, const struct frame *f);
    /* A runner is gone and a fresh one already stands in its place (frames may be sent to it). */
    void (*lost)(void *arg, unsigned runner, const struct pool_end *end);
    void *arg;
};

struct pool *pool_new(const struct pool_options *options, struct error *err) MUST_CHECK;
unsigned pool_count(const struct pool *p);
/* Where frames for a runner are appended; sent by pool_flush. */
struct buf *pool_out(struct pool *p, unsigned runner);
void pool_flush(struct pool *p);
/* True once every runner has said READY. */
bool pool_ready(const struct pool *p);
int pool_pid(const struct pool *p, unsigned runner);
void pool_close(struct pool *p, void (*closed)(void *arg), void *arg); /* ends the runners */
