/* SPDX-License-Identifier: MIT */
/* commit.h - what a run has said goes to the store, one order of a run at a time, and what waited
 * for that follows: its caller hears, its stream goes on, its ops start.
 * Owner: engine. Thread: loop. */
#pragma once
#include "base/list.h"
#include <stdbool.h>
#include <stddef.h>

struct engine;
struct run;

struct commits {
    struct list dirty; /* runs with something to commit at the end of this turn */
    size_t under_way;  /* orders at the store */
};

void commits_init(struct commits *c);
/* Orders what dirty runs have. */
void commits_flush(struct engine *e);
/* Nothing is under way and nothing waits to be. */
bool commits_quiet(const struct engine *e);

/* Marks it for the commit at the end of the turn. */
void run_touch(struct run *r);
/* It is returning: it becomes due as soon as all of it is committed, which may be now. */
void run_return(struct run *r);
/* The store is closed: an order that still waits for a disk that takes it is given up. */
void run_commit_abandon(struct run *r);
