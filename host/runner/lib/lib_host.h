/* SPDX-License-Identifier: MIT */
/* lib_host.h - the host table: the only door of lualib modules to the run loop. Scripts never get
 * it; a lualib chunk receives it as its second vararg: `local name, host = ...`.
 *
 * host.op(kind, name, args) -> true, value | false, {code =, message =}
 *     Takes the next step number, sends an OP frame, suspends the calling task until the answer is
 * there. args: what JSON can hold, or nil. A null answer is nil. host.step() -> n Takes the next
 * step number (for groups). Past the limit the run is killed with limit.steps. host.record(type,
 * step, attempt, name, data) Sends a RECORD frame. type: "log", "step.progress", "step.started",
 * "step.completed", "step.failed", "step.retrying". step: 0 or nil for none. data: what JSON can
 * hold, or nil; larger than the record limit: kills with limit.record. host.spawn(fn, ...) -> task
 * a new task; it starts when the present one suspends (FIFO) host.join(task) -> true, ... | false,
 * err       suspends until that task has ended host.join_any({task, ...}) -> index suspends until
 * one has ended (the lowest index if several) host.cancel(task)                    ends it, its ops
 * (OP_CANCEL) and its tasks, without running it again; to join it gives false, {code = "cancelled"}
 * host.now() -> ms                     the run's clock
 * host.random() -> [0, 1)              from the run's seed, its own sequence (not the script's
 * math.random) host.fail(code, message)             ends the run as failed; cannot be caught
 * host.run_id() -> "run_…"             nil while a script is loaded
 * host.secret_parts(value)             what a secret is made of; nil for anything else
 *
 * All but now, random, run_id, secret_parts and fail can only be called while `run` runs.
 * Owner: the vm. Thread: one. */
#pragma once
#include <lua.h>

void lib_push_host(lua_State *L);
/* Where print's lines go: log records with the line as message. */
void lib_open_print(lua_State *L);

/* In lib_task.c. */
void task_open(lua_State *L);
int task_spawn(lua_State *L);
int task_join(lua_State *L);
int task_join_any(lua_State *L);
int task_cancel(lua_State *L);
