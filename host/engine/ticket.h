/* SPDX-License-Identifier: MIT */
/* ticket.h - a caller that waits to hear how its call ends. fire.c makes a ticket; it is freed when
 * its callback has been called or it is forgotten. Owner: engine. Thread: loop. */
#pragma once
#include "engine/fire.h"

struct acceptance;

/* wait_ms: how long it waits for the end of the run; 0: until it is accepted. */
struct ticket *ticket_new(struct engine *e, const char *run, const char *session, int64_t wait_ms,
                          outcome_fn fn, void *arg);
/* The client has gone: fn is not called. The run goes on. NULL is fine. */
void ticket_forget(struct ticket *t);
void ticket_accepted(struct ticket *t);
/* The order that was to accept the run says why it is not. */
void ticket_refused(struct ticket *t, const struct store_order *order);
/* The filter does not match. */
void ticket_dropped(struct ticket *t, const struct acceptance *a, struct text reason);
