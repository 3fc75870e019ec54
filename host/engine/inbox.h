/* SPDX-License-Identifier: MIT */
/* inbox.h - what reaches a run from outside: a row in the store, which is durable before its sender
 * hears of it, and which the run takes in the order of arrival. A run in memory takes it at once;
 * one that is only a row is rebuilt and takes it then. The row goes away in the transaction that
 * has what it led to. A kind is a row of the table in inbox.c.
 * Owner: engine. Thread: loop. Limit: STORE_INBOX_MAX rows a run. */
#pragma once
#include "store/store.h"
#include <stdbool.h>

struct engine;
struct run;

/* STORE_DONE: it is on disk, and the run takes it after this call returns. Else nothing was
 * written: STORE_NO_RUN, STORE_ENDED, STORE_FULL, STORE_BROKEN (err says why). */
typedef void (*inbox_fn)(void *arg, enum store_outcome outcome, const struct error *err);

/* kind: one of the table. data: JSON, absent: none; copied. Calls fn once, later. */
void inbox_put(struct engine *e, const char *run, const char *kind, struct text data, inbox_fn fn,
               void *arg);
/* The run takes a row that was read while it was rebuilt. It may end by that. */
void inbox_hand_over(struct run *r, const struct store_inbox *row);
