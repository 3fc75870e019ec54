/* SPDX-License-Identifier: MIT */
/* lib_table.h - what the files of the table library share: an argument that is used as an array.
 * Owner: the vm. Thread: one. */
#pragma once
#include "runner/vm/vm.h"

enum { ARRAY_READ = 1, ARRAY_WRITE = 2, ARRAY_LENGTH = 4, ARRAY_ALL = 7 };

/* Raises unless the argument is a table or has the metamethods for this access. */
void lib_table_check(lua_State *L, int arg, int access);

/* Pushes element i and polls: what every loop over a script's range does. */
static inline void lib_table_get(lua_State *L, int arg, lua_Integer i)
{
    vm_poll(L);
    lua_geti(L, arg, i);
}
