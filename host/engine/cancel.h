/* SPDX-License-Identifier: MIT */
/* cancel.h - ends a run on request, whether it is in memory or a row only. The request is a row of
 * the run's inbox, so it outlives this process; its caller waits until the end is committed.
 * Owner: engine. Thread: loop. */
#pragma once
#include "base/list.h"
#include "domain/verdict.h"

struct engine;

typedef void (*cancel_fn)(void *arg, enum verdict v);

/* Cancels. verdict: ACCEPTED (it is cancelled, perhaps by another call, and that is committed),
 * NOT_FOUND, CONFLICT (it has ended, or ends otherwise first), OVERLOADED (its inbox is full),
 * STORE, DRAINING. Calls fn once, later. */
void engine_cancel(struct engine *e, const char *run, cancel_fn fn, void *arg);
/* The store does not take the end of this run, which rests until the next start takes the wish:
 * nobody need wait for that. */
void cancels_unwritten(struct engine *e, const char *run);
/* Tells the callers that still wait that the host closes. */
void cancels_close(struct engine *e);
