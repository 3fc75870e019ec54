/* SPDX-License-Identifier: MIT */
#include "fakes/clock.h"

static int64_t wall(void *arg)
{
    return ((struct fake_clock *)arg)->wall_ms;
}

static int64_t mono(void *arg)
{
    return ((struct fake_clock *)arg)->mono_us;
}

void fake_clock_init(struct fake_clock *c)
{
    *c = (struct fake_clock){
        .clock = {wall, mono, c},
        .wall_ms = FAKE_CLOCK_START_S * INT64_C(1000),
        .mono_us = 1000000,
    };
}

static void advance(struct fake_clock *c, int64_t us)
{
    c->mono_us += us;
    c->wall_ms += us / 1000;
}

void fake_clock_pass(struct fake_clock *c, struct timers *ts, int64_t ms)
{
    int64_t end_us = c->mono_us + ms * 1000;
    while (ts && ts->count > 0 && ts->heap[0]->due_ms * 1000 <= end_us) {
        int64_t due_us = ts->heap[0]->due_ms * 1000;
        if (due_us > c->mono_us)
            advance(c, due_us - c->mono_us);
        ts->tick.timer_cb(&ts->tick);
    }
    advance(c, end_us - c->mono_us);
}
