/* SPDX-License-Identifier: MIT */
/* run_time.h - a run and time: how long it may live, and where it is while it waits.
 * Owner: the run. Thread: loop. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct run;

/* Ends it as timed out when its wall time is over, now or later. */
void run_watch_wall(struct run *r);
bool run_overdue(const struct run *r);
/* It is idle: it leaves its runner when no answer comes soon. */
void run_rest(struct run *r);
/* It is idle and only sleeps, until due_ms: notes that, and it leaves memory once that is
 * committed. */
void run_park(struct run *r, int64_t due_ms);
/* An answer came before it was gone. */
void run_unpark(struct run *r);
