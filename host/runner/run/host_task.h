/* SPDX-License-Identifier: MIT */
/* host_task.h - the functions of the host table about tasks (see host_table.h), as Lua values. A
 * task is a userdata that holds its struct and, as user values, its coroutine and in the end what
 * that returned or raised. The registry holds it while it lives; afterwards only those do who want
 * its results. Owner: the script. Thread: one. Limit: 1,024 tasks at once. */
#pragma once
#include <lua.h>

struct task;

void host_task_open(lua_State *L);
int host_task_spawn(lua_State *L);
int host_task_join(lua_State *L);
int host_task_join_any(lua_State *L);
int host_task_cancel(lua_State *L);

/* Moves what a task that is not the root returned or raised off its stack, since a script that
 * holds the coroutine may resume it with what lies there. */
void host_task_keep_results(lua_State *L, struct task *t);
