/* SPDX-License-Identifier: MIT */
/* run_time.h - a run and time: how long it may live, and where it is while it waits.
 * Owner: the run. Thread: loop. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct engine;
struct run;
struct store_run;

/* Ends it as timed out when its wall time is over, now or later. */
void run_watch_wall(struct run *r);
bool run_overdue(const struct run *r);
/* It is idle: it leaves its runner when no answer comes soon. */
void run_rest(struct run *r);
/* It is idle and only sleeps, until due_ms: notes that, and it leaves memory once that is
 * committed. */
void run_park(struct run *r, int64_t due_ms);
/* It goes on: its row says so. */
void run_unpark(struct run *r);
/* What the run of a row waits for, {"for","until"?,"name"?} or null, as its run object shows it. Of
 * a run in memory that is known better than its row has it, which is written when it is parked. */
void engine_put_waiting(const struct engine *e, const struct store_run *row, struct buf *out);
