/* SPDX-License-Identifier: MIT */
/* lib_stock.h - functions of stock Lua that the sandbox takes over as they are, or with a bound on
 * what they push. Owner: the vm. Thread: one. Limit: 250,000 results of one call. */
#pragma once
#include <lua.h>

/* Pushes a new table with these functions (NULL ends the names) of a stock library. */
void lib_stock_push(lua_State *L, lua_CFunction open, const char *const *names);
/* Bounds the results of a function of the table on top: string.byte or utf8.codepoint. */
void lib_stock_cap_slices(lua_State *L, const char *name);
