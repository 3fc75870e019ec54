/* SPDX-License-Identifier: MIT */
/* inbox.h - what reaches a run from outside: a row in the store, which is durable before its sender
 * hears of it, and which the run takes once, in the order of arrival. A run that is only a row is
 * rebuilt for it; one that is off its runner or replays takes it when it is back. Until then the
 * row stays in the store: it is deleted in the order that has the record it led to.
 * Owner: engine. Thread: loop. Limit: STORE_INBOX_MAX rows a run. */
#pragma once
#include "store/store.h"
#include <stdbool.h>

struct engine;
struct run;

/* STORE_DONE: it is on disk, and the run takes it after this call returns. Else nothing was
 * written: STORE_NO_RUN, STORE_ENDED (`ended` says how), STORE_FULL, STORE_BROKEN (err says
 * why). */
typedef void (*inbox_fn)(void *arg, enum store_outcome outcome, enum store_status ended,
                         const struct error *err);

/* kind: one of the table. data: JSON, absent: none; copied. Calls fn once, later. */
void inbox_put(struct engine *e, const char *run, const char *kind, struct text data, inbox_fn fn,
               void *arg);

/* The run gets to know of a row, all older ones of which it knows; one that it knows already is
 * skipped. It takes the row now or later, and may end by that. */
void inbox_receive(struct run *r, const struct store_inbox *row);
/* Hands over what waits, as far as the run can take it now. */
void inbox_hand_over(struct run *r);
/* Of the rows that were handed over: the last one whose record is not behind `last`; it is
 * forgotten here, as are those before it. 0: none. */
int64_t inbox_taken(struct run *r, uint64_t last);
/* Forgets all; the rows stay in the store. */
void inbox_forget(struct run *r);
