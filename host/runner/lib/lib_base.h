/* SPDX-License-Identifier: MIT */
/* lib_base.h - the basic functions that have a file of their own. Owner: the runner. Thread: the
 * runner's. */
#pragma once
#include <lua.h>

/* lib_pairs.c: next and pairs, in an order that depends on the keys alone. Leaves both in the
 * globals. */
void lib_open_pairs(lua_State *L);

/* lib_metatable.c: setmetatable, without __gc and __mode. Leaves it in the globals. */
void lib_open_metatable(lua_State *L);

/* lib_concat.c: from here on the interpreter joins by a metamethod of another name, which only the
 * runner knows. */
void lib_concat_hide(lua_State *L);
void lib_concat_push_name(lua_State *L);
