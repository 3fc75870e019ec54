/* SPDX-License-Identifier: MIT */
/* ticket.h - somebody waits to hear how a call ends. Made by fire.c; freed when its callback has
 * been called or it is forgotten. Owner: engine. Thread: loop. */
#pragma once
#include "engine/fire.h"

struct ticket *ticket_new(struct engine *e, const char *run, const char *session, int64_t wait_ms,
                          outcome_fn fn, void *arg);
