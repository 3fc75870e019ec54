/* SPDX-License-Identifier: MIT */
/* recovery.h - finds the runs that must go on: at the start all that were under way, later those
 * that have slept long enough. Owner: engine. Thread: loop. */
#pragma once
#include "base/timers.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;

struct recovery {
    struct timer wake; /* the next look */
    bool begun;        /* recovery_begin was called */
    bool looking;      /* the store is asked */
    bool look_again;   /* something may have become due behind the look under way */
    bool done;         /* all that the last host left has been found */
};

/* Looks for what the last host left, and for what is due, from now on. */
void recovery_begin(struct engine *e);
/* A run was parked: something is due in left_ms at the latest. */
void recovery_expect(struct engine *e, int64_t left_ms);
/* A run could not be read: what is under way is looked for anew, soon. */
void recovery_repeat(struct engine *e);
