/* SPDX-License-Identifier: MIT */
/* lib_concat.h - the metamethod of `..` under a name that only the runner knows (see lib_concat.c).
 * Owner: the vm. Thread: one. */
#pragma once
#include <lua.h>

/* From here on the interpreter joins by a metamethod of that name. */
void lib_concat_hide(lua_State *L);
/* Pushes the name. */
void lib_concat_push_name(lua_State *L);
