/* SPDX-License-Identifier: MIT */
/* clock.h - time that stands still until the test lets it pass. Owner: the test. Thread: one. */
#pragma once
#include "base/clock.h"
#include "base/timers.h"

enum { FAKE_CLOCK_START_S = 1763712000 }; /* 2025-11-21T08:00:00Z */

struct fake_clock {
    struct clock clock; /* hand this out */
    int64_t wall_ms, mono_us;
};

void fake_clock_init(struct fake_clock *c);
/* Lets ms pass. What ts (NULL: nothing) has to fire meanwhile fires at its time, as it would if the
 * loop ran: the loop itself need not. */
void fake_clock_pass(struct fake_clock *c, struct timers *ts, int64_t ms);
