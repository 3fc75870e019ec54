/* SPDX-License-Identifier: MIT */
/* lib.h - the libraries that a script finds, one C file each. A file lib_NAME.c is the library
 * NAME as scripts see it; the other files of this folder are what those are made of. Nothing
 * exists for a script but what they register. Owner: the vm. Thread: one. Limits: the run's CPU
 * and memory. */
#pragma once
#include <lua.h>

/* Opens all of the following, in their order, in a fresh state. */
void lib_open_all(lua_State *L);

/* An opener leaves its globals in the state and pushes nothing. */

/* assert error getmetatable ipairs load next pairs pcall print rawequal rawget rawlen rawset select
 * setmetatable tonumber tostring type xpcall _G _VERSION. It empties the globals first. */
void lib_base_open(lua_State *L);
/* next pairs, in an order that depends on the keys alone; lib_base_open calls it. */
void lib_pairs_open(lua_State *L);
void lib_string_open(lua_State *L);
void lib_table_open(lua_State *L);
void lib_utf8_open(lua_State *L);
void lib_math_open(lua_State *L);
void lib_coroutine_open(lua_State *L);
/* time date clock difftime, from the run's clock. */
void lib_os_open(lua_State *L);

/* These push the table of a module, for `require`. */

/* encode decode array null */
int lib_json_push(lua_State *L);
/* render */
int lib_template_push(lua_State *L);
