/* SPDX-License-Identifier: MIT */
/* store_outage.h - what happens when the store refuses writes (disk full, I/O error): no new runs
 * are taken, those that run wait, and a small write is tried until one succeeds. Owner: engine.
 * Thread: loop. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include "base/timers.h"

struct engine;

struct outage {
    bool broken;        /* the last write failed, none has succeeded since */
    struct timer probe; /* while it is broken */
};

/* A write failed, a write succeeded: to be told after each. run: the log line's, or NULL. */
void store_outage_failed(struct engine *e, const char *run, const struct error *err);
void store_outage_works(struct engine *e);
