/* SPDX-License-Identifier: MIT */
/* lib_base.h - what the basic functions share with other files, and those of them that have a file
 * of their own. Owner: the vm. Thread: one. */
#pragma once
#include <lua.h>
#include <stddef.h>

/* A function of one string in the registry, under this name: what print sends its line to. Without
 * it print raises. */
#define LIB_BASE_PRINT "moontide.print"

/* As luaL_tolstring, but tables, functions, threads and userdata show their type or __name and no
 * address. Pushes the text. */
const char *lib_base_tostring(lua_State *L, int idx, size_t *bytes);

/* Sets next and pairs, which walk in an order that depends on the keys alone (lib_pairs.c). */
void lib_pairs_open(lua_State *L);

/* From here on the interpreter joins by a metamethod of another name, which only the
 * runner knows (lib_concat.c). */
void lib_concat_hide(lua_State *L);
/* Pushes that name. */
void lib_concat_push_name(lua_State *L);
