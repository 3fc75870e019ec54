/* SPDX-License-Identifier: MIT */
/* placement.h - which run is on which runner, and how much each runner has to do.
 * Owner: engine. Thread: loop. */
#pragma once
#include "base/map.h"
#include "base/text.h"
#include "engine/pool.h"

struct engine;
struct run;

struct placements {
    struct map tags; /* 8-byte tag -> struct run: those on a runner */
    uint64_t next_tag;
    unsigned computing[POOL_RUNNERS]; /* runs on each runner that a runner computes for */
    unsigned all[POOL_RUNNERS];       /* those and the ones that wait there */
};

void placements_init(struct placements *p);
void placements_done(struct placements *p);

/* Puts the run on a runner and sends START; its state is the caller's to change then. admit: the
 * filter is to be judged and the instruction rendered; else it is as given. */
void run_place(struct run *r, unsigned runner, bool admit, struct text instruction,
               struct text event);
/* Takes it off its runner, if it is on one; tell: sends DROP, as the runner is not done with it. */
void run_unplace(struct run *r, bool tell);
struct buf *run_out(struct run *r); /* frames to its runner */
struct run *run_by_tag(const struct engine *e, uint64_t tag);

/* The runner with the least to do. */
unsigned engine_idlest_runner(const struct engine *e);
/* For run_enter: the runner begins or ceases to compute for it. */
void placement_count(const struct run *r, bool computes);
