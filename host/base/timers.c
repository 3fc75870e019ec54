/* SPDX-License-Identifier: MIT */
#include "base/timers.h"
#include "base/mem.h"
#include <stdlib.h>

static void place(struct timers *ts, size_t i, struct timer *t)
{
    ts->heap[i] = t;
    t->slot = i + 1;
}

static void rise(struct timers *ts, size_t i)
{
    struct timer *t = ts->heap[i];
    while (i > 0 && ts->heap[(i - 1) / 2]->due_ms > t->due_ms) {
        place(ts, i, ts->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(ts, i, t);
}

static void sink(struct timers *ts, size_t i)
{
    struct timer *t = ts->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= ts->count)
            break;
        if (child + 1 < ts->count && ts->heap[child + 1]->due_ms < ts->heap[child]->due_ms)
            child++;
        if (ts->heap[child]->due_ms >= t->due_ms)
            break;
        place(ts, i, ts->heap[child]);
        i = child;
    }
    place(ts, i, t);
}

static void on_tick(uv_timer_t *tick);

/* The uv timer always rests or is set for the earliest deadline, or for an earlier one that was
 * dropped meanwhile: that costs one empty tick, moving it at each drop would cost more. */
static void arm(struct timers *ts)
{
    if (ts->count == 0)
        return;
    int64_t due = ts->heap[0]->due_ms;
    if (ts->armed_ms != 0 && ts->armed_ms <= due)
        return;
    int64_t delay = due - clock_mono_ms(ts->clock);
    ts->armed_ms = due;
    uv_update_time(ts->tick.loop);
    uv_timer_start(&ts->tick, on_tick, delay > 0 ? (uint64_t)delay : 0, 0);
}

static void on_tick(uv_timer_t *tick)
{
    struct timers *ts = tick->data;
    int64_t now = clock_mono_ms(ts->clock);
    ts->armed_ms = 0;
    /* Only what was due at the start of the tick fires, so that a timer set again for "now" cannot
     * keep the loop here. */
    while (ts->count > 0 && ts->heap[0]->due_ms <= now) {
        struct timer *t = ts->heap[0];
        timers_drop(ts, t);
        t->fire(t);
    }
    arm(ts);
}

void timers_init(struct timers *ts, uv_loop_t *loop, const struct clock *clock)
{
    *ts = (struct timers){.clock = clock};
    uv_timer_init(loop, &ts->tick);
    ts->tick.data = ts;
}

void timers_set(struct timers *ts, struct timer *t, int64_t delay_ms, void (*fire)(struct timer *t))
{
    timers_drop(ts, t);
    t->due_ms = clock_mono_ms(ts->clock) + (delay_ms > 0 ? delay_ms : 1);
    t->fire = fire;
    if (ts->count == ts->cap) {
        ts->cap = ts->cap ? ts->cap * 2 : 64;
        ts->heap = mem_grow(ts->heap, ts->cap * sizeof(struct timer *));
    }
    place(ts, ts->count++, t);
    rise(ts, ts->count - 1);
    arm(ts);
}

void timers_drop(struct timers *ts, struct timer *t)
{
    if (t->slot == 0)
        return;
    size_t i = t->slot - 1;
    t->slot = 0;
    struct timer *last = ts->heap[--ts->count];
    if (last == t)
        return;
    place(ts, i, last);
    sink(ts, i);
    rise(ts, last->slot - 1);
}

static void on_closed(uv_handle_t *handle)
{
    struct timers *ts = handle->data;
    for (size_t i = 0; i < ts->count; i++)
        ts->heap[i]->slot = 0; /* their owners may still drop them */
    ts->count = 0;
    free(ts->heap);
    ts->heap = NULL;
    if (ts->closed)
        ts->closed(ts->arg);
}

void timers_close(struct timers *ts, void (*closed)(void *arg), void *arg)
{
    ts->closed = closed;
    ts->arg = arg;
    uv_close((uv_handle_t *)&ts->tick, on_closed);
}
