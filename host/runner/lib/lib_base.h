/* SPDX-License-Identifier: MIT */
/* lib_base.h - what the basic functions share with other files. Owner: the vm. Thread: one. */
#pragma once
#include <lua.h>
#include <stddef.h>

/* A function of one string in the registry, under this name: what print sends its line to. Without
 * it print raises. */
#define LIB_BASE_PRINT "moontide.print"

/* As luaL_tolstring, but tables, functions, threads and userdata show their type or __name and no
 * address. Pushes the text. */
const char *lib_base_tostring(lua_State *L, int idx, size_t *bytes);
