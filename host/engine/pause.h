/* SPDX-License-Identifier: MIT */
/* pause.h - an operator takes a trigger out of service and puts it back: for requests it is then as
 * if there were none; its runs go on. In the store, so that it holds over restarts, and by address,
 * so that it holds over changes of the script. Owner: engine. Thread: loop. */
#pragma once
#include "base/error.h"
#include "store/store.h"

struct engine;
struct trigger;

struct pauses {
    bool known;          /* those from before the start are in the registry */
    struct error unread; /* why they never will be; code 0: nothing is known against it */
};

/* At the start. */
void pauses_read(struct engine *e);
/* by: id of a key, or "jwt:" and a subject. Calls fn once it is on disk and in force. audit goes
 * with it; NULL: none. */
void engine_pause(struct engine *e, const struct trigger *t, bool paused, const char *by,
                  const struct store_audit *audit, store_written_fn fn, void *arg);
