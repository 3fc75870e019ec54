/* SPDX-License-Identifier: MIT */
/* lib_base.h - the basic functions that have a file of their own. Owner: the runner. Thread: the
 * runner's. */
#pragma once
#include <lua.h>

/* lib_pairs.c: traversal in an order that depends on the keys alone. */
int lib_pairs(lua_State *L);
void lib_pairs_push_next(lua_State *L); /* pushes next */

/* lib_metatable.c: setmetatable without __gc and __mode. */
int lib_metatable_set(lua_State *L);
