/* SPDX-License-Identifier: MIT */
/* host_table.h - the host table: the only door from the modules of lualib to the run loop. Scripts
 * never get it; a lualib chunk receives it as its second vararg: `local name, host = ...`.
 *
 *   host.op(kind, name, args) -> true, value | false, { code =, message = }
 *       Takes the next step number, sends an OP frame, and suspends the calling task until the
 *       answer is there. args: what JSON can hold, or nil. A null answer is nil.
 *   host.step() -> n
 *       Takes the next step number (for groups). Past the limit the run is killed with limit.steps.
 *   host.record(type, step, attempt, name, data)
 *       Sends a RECORD frame. type: "log", "step.progress", "step.started", "step.completed",
 *       "step.failed", "step.retrying". step: 0 or nil for none. data: what JSON can hold, or nil;
 *       larger than the record limit kills with limit.record.
 *   host.spawn(fn, ...) -> task
 *       Makes a new task, which starts when the present one suspends (FIFO).
 *   host.join(task) -> true, ... | false, err
 *       Suspends until that task has ended.
 *   host.join_any({ task, ... }) -> index
 *       Suspends until one has ended; the lowest index if several have.
 *   host.cancel(task)
 *       Ends a task, its ops (OP_CANCEL) and its own tasks, without running them again. Joining it
 *       then gives false, { code = "cancelled" }.
 *   host.now() -> ms
 *       The run's clock.
 *   host.random() -> [0, 1)
 *       From the run's seed, in a sequence of its own (not the script's math.random).
 *   host.fail(code, message)
 *       Ends the run as failed; a script cannot catch it.
 *   host.run_id() -> "run_…"
 *       nil while a script is loaded.
 *   host.secret_parts(value) -> { "Bearer ", { name = "API_KEY" } }
 *       What a secret is made of; nil for anything else.
 *
 * All but now, random, run_id, secret_parts and fail can only be called while `run` runs.
 * Owner: the script. Thread: one. Limit: 1,024 tasks at once. */
#pragma once
#include <lua.h>

void host_table_push(lua_State *L);
/* Sends print's lines into the journal: log records with the line as message. */
void host_table_open_print(lua_State *L);
