/* SPDX-License-Identifier: MIT */
/* require.h - the global `require`: modules of moontide ("http"), of C ("json", "template") and of
 * the version itself
 * ("lib.prices"), each evaluated once a state. Owner: the vm. Thread: one. */
#pragma once
#include <lua.h>

/* Sets the global. */
void require_open(lua_State *L);
/* Pushes a module of moontide for C code. Raises when there is none of that name. */
void require_push(lua_State *L, const char *name);
