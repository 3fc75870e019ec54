/* SPDX-License-Identifier: MIT */
/* timers.h - many deadlines on one uv timer: a binary heap, O(log n) to set and to drop. A deadline
 * is on the monotonic clock, so a jump of the wall clock moves nothing. Owner: the caller embeds
 * struct timer. Thread: loop. */
#pragma once
#include "base/clock.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct timer {
    int64_t due_ms; /* monotonic */
    size_t slot;    /* place in the heap + 1; 0: not set. A zeroed timer is ready for use. */
    void (*fire)(struct timer *t);
};

struct timers {
    const struct clock *clock;
    uv_timer_t tick;
    struct timer **heap;
    size_t count, cap;
    int64_t armed_ms; /* what the uv timer is set for; 0: it rests */
    void (*closed)(void *arg);
    void *arg;
};

void timers_init(struct timers *ts, uv_loop_t *loop, const struct clock *clock);
/* Calls fire once, delay_ms from now (0 or less: on the next turn of the loop).
 * Setting a set timer moves it. */
void timers_set(struct timers *ts, struct timer *t, int64_t delay_ms,
                void (*fire)(struct timer *t));
void timers_drop(struct timers *ts, struct timer *t); /* harmless when it is not set */
static inline bool timers_is_set(const struct timer *t)
{
    return t->slot != 0;
}
void timers_close(struct timers *ts, void (*closed)(void *arg), void *arg);
