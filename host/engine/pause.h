/* SPDX-License-Identifier: MIT */
/* pause.h - an operator takes a trigger out of service and puts it back: for requests it is then as
 * if there were none; its runs go on. In the store, so that it holds over restarts, and by address,
 * so that it holds over changes of the script. Owner: engine. Thread: loop. */
#pragma once
#include "engine/engine.h"

/* At the start: e->pauses_known when they are in the registry, e->pauses_unread when that fails. */
void pauses_read(struct engine *e);
/* by: id of a key, or "jwt:" and a subject. Calls fn once it is on disk and in force. audit goes
 * with it; NULL: none. */
void engine_pause(struct engine *e, const struct trigger *t, bool paused, const char *by,
                  const struct store_audit *audit, store_written_fn fn, void *arg);
