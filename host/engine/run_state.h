/* SPDX-License-Identifier: MIT */
/* run_state.h - the life of a run as a machine: one table of states and events (run_state.c).
 * run_enter() is the only writer of a run's state: it asserts that the table has the edge and logs
 * it at debug. What the states mean is asked for by name here, never by comparing states
 * elsewhere. `moontide dev states` draws the table; host/README.md holds the picture.
 * Owner: the run. Thread: loop. */
#pragma once
#include "base/buf.h"
#include <stdbool.h>

struct run;

enum run_state {
    RUN_NEW = 0,    /* just made; no event leads here, so that 0 in the table is "no edge" */
    RUN_QUEUED,     /* waits for a runner that has room */
    RUN_ADMITTING,  /* on a runner, which has not yet said whether the filter matches */
    RUN_GOING,      /* on a runner, which computes */
    RUN_IDLE,       /* on a runner, waits for answers */
    RUN_PARKING,    /* only sleeps, and for long: leaves memory once that is committed */
    RUN_AWAY,       /* waits for long: off its runner until an answer comes */
    RUN_RETURNING,  /* off its runner, must go on: to be rebuilt once all it said is committed */
    RUN_PARKED,     /* a row in the store and nothing in memory */
    RUN_DUE,        /* must go on: waits for its turn to be rebuilt */
    RUN_REBUILDING, /* its row, its version and its journal are being read */
    RUN_REPLAYING,  /* on a runner, which says again what the journal has */
    RUN_ENDED,      /* its last record is written, perhaps not yet committed */
    RUN_GONE,       /* out of memory, for good */
    RUN_STATES
};

/* What happens to a run. Each is made to happen by one file: see the table. */
enum run_event {
    RUN_FIRED,
    RUN_FOUND,
    RUN_PLACED,
    RUN_ADMITTED,
    RUN_DROPPED,
    RUN_RESTED,
    RUN_ANSWERED,
    RUN_PARKS,
    RUN_EVICTED,
    RUN_RUNNER_LOST,
    RUN_COMMITTED,
    RUN_REFUSED,
    RUN_UNWRITTEN,
    RUN_WOKEN,
    RUN_READ,
    RUN_UNREADABLE,
    RUN_OVER,
    RUN_REBUILT,
    RUN_CAUGHT_UP,
    RUN_FINISHED,
    RUN_EVENTS
};

/* Where the event leads from there; 0: it must not happen there. */
enum run_state run_state_after(enum run_state from, enum run_event event);
const char *run_state_name(enum run_state state);
const char *run_state_meaning(enum run_state state); /* half a sentence about "it" */
const char *run_event_name(enum run_event event);    /* half a sentence */
const char *run_event_file(enum run_event event);    /* who makes it happen, "fire.c" */
/* The machine as a mermaid stateDiagram-v2. */
void run_state_draw(struct buf *out);

void run_enter(struct run *r, enum run_event event);

/* ---- what a state means */

bool run_is_on_runner(const struct run *r);
/* It waits for something outside: an answer, or time. */
bool run_waits(const struct run *r);
/* It is on no runner and on its way back to one. */
bool run_comes_back(const struct run *r);
/* Its journal is about to be read: a record that the reader misses would break the numbers. */
bool run_is_read(const struct run *r);
bool run_has_ended(const struct run *r);
/* Of a state: a runner computes for it, which counts as that runner's load. */
bool run_state_computes(enum run_state state);
