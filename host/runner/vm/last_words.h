/* SPDX-License-Identifier: MIT */
/* last_words.h - says on the status page in which line a script stands when the host will have to
 * end the runner: inside an operation that no hook can interrupt, or at a crash.
 *
 * Both are noticed in signal handlers, which look at a Lua state in the middle of whatever it
 * does. The state may not be whole then, so nothing but the words depends on it, and this is only
 * done for runs that are lost anyway. Lua keeps the place of instructions that may call or fail
 * only, so the line is where the script stands or a little above.
 *
 * Owner: the process. Thread: the one that called last_words_start. Limit: one place a process. */
#pragma once
#include "base/error.h"
#include "wire/status_page.h"

struct vm;

enum { LAST_WORDS_STUCK_MS = 100 }; /* of CPU past the limit; well within the watchdog's grace */

/* Catches crashes, too; to be called before the sandbox shuts. */
bool last_words_start(struct status_page *page, struct error *err) MUST_CHECK;
/* For the tick's handler: vm is on the processor and used_ms of CPU time since its last step. */
void last_words_if_stuck(struct vm *vm, uint64_t used_ms);
