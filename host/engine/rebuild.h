/* SPDX-License-Identifier: MIT */
/* rebuild.h - brings a run back onto a runner from what the store has: its row, its inbox, its
 * version, its journal; then START and the recorded answers go to a runner, and what that one says
 * is compared with the journal until it is used up (runner_messages.c).
 * Owner: engine. Thread: loop. Limit: ENGINE_REBUILDS at once. */
#pragma once
#include "base/list.h"

struct engine;
struct run;

struct rebuilds {
    struct list due; /* runs that wait for their turn */
    unsigned under_way;
};

void rebuilds_init(struct rebuilds *b);
/* A run in memory that has just become due. */
void rebuild_due(struct run *r);
/* Makes a run of one that is only a row. why: a word for its run.resumed record. */
struct run *rebuild_parked(struct engine *e, const char *id, const char *why);
/* The runner has said again all that the journal has: the run goes on from here. */
void rebuild_caught_up(struct run *r);
