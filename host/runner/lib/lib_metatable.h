/* SPDX-License-Identifier: MIT */
/* lib_metatable.h - setmetatable, without __gc and __mode. Owner: the vm. Thread: one. */
#pragma once
#include <lua.h>

/* Sets the global. */
void lib_metatable_open(lua_State *L);

/* To be called around every collection, which must be a whole one (LUA_GCCOLLECT). A metatable's
 * __mode that came after setmetatable has no effect in between, so no table of a script is ever
 * weak. Neither allocates; they need 8 free stack slots. */
void lib_metatable_before_collect(lua_State *L);
void lib_metatable_after_collect(lua_State *L);
