/* SPDX-License-Identifier: MIT */
/* backlog.h - new runs go to the least busy runner, or wait here until one has room.
 * Owner: engine. Thread: loop. Limit: the setting `backlog`, which fire.c enforces. */
#pragma once
#include "base/list.h"
#include <stddef.h>

struct engine;
struct run;

struct backlog {
    struct list runs;
    size_t count;
};

void backlog_init(struct backlog *b);
/* Sends START for a queued run, or keeps it until a runner has room. */
void backlog_start(struct run *r);
/* Starts what the runners can take. To be called when one may have got room. */
void backlog_next(struct engine *e);
