/* SPDX-License-Identifier: MIT */
/* require.h - the global `require`: the modules of moontide in Lua ("http") and in C ("json",
 * "template"), and those of the program itself ("lib.prices"). Each is evaluated once a state.
 * Owner: the script. Thread: one. */
#pragma once
#include <lua.h>

/* Sets the global. */
void require_open(lua_State *L);
/* Pushes a module of moontide for C code. Raises when there is none of that name. */
void require_push(lua_State *L, const char *name);
