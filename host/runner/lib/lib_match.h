/* SPDX-License-Identifier: MIT */
/* lib_match.h - string.find, match, gmatch and gsub. Owner: the vm. Thread: one.
 * Limits: pattern.h. */
#pragma once
#include <lua.h>

int lib_match_find(lua_State *L);
int lib_match_match(lua_State *L);
int lib_match_gmatch(lua_State *L);
int lib_match_gsub(lua_State *L);
