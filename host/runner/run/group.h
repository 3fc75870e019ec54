/* SPDX-License-Identifier: MIT */
/* group.h - the groups of flow.step that are open. Each was said to have started, and owes the
 * journal one end. A group whose task is cancelled, or ends with the group in a coroutine that
 * nobody resumes, can say nothing any more; then the runner does: step.failed, code "cancelled".
 * So in a run that completes, every step has exactly one end; in a run that fails, is cancelled or
 * times out, the run's end ends whatever is open. Owner: the script (all lies in its arena).
 * Thread: one. Limit: the run's memory. */
#pragma once
#include "base/text.h"
#include "wire/record_type.h"
#include <lua.h>
#include <stdint.h>

struct script;
struct task;

/* Follows a record of a group that is about to be written. */
void group_note(lua_State *L, enum record_type type, uint32_t step, uint32_t attempt,
                struct text name);
/* Ends the groups of a task, the youngest first; task NULL: all. */
void groups_end(struct script *s, const struct task *task);
