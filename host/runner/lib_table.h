/* SPDX-License-Identifier: MIT */
/* lib_table.h - what the files of the table library share: an argument that is used as an array.
 * Owner: the runner. Thread: the runner's. */
#pragma once
#include <lua.h>
#include <stdbool.h>

enum { ARRAY_READ = 1, ARRAY_WRITE = 2, ARRAY_LENGTH = 4, ARRAY_ALL = 7 };

struct array {
    lua_State *L;
    int arg;
    bool raw; /* a table without a metatable when the call began */
};

/* Raises unless the argument is a table or has the metamethods for this access. */
struct array array_check(lua_State *L, int arg, int access);
lua_Integer array_length(const struct array *a);
int array_get(const struct array *a, lua_Integer i);  /* pushes; polls; gives the type */
void array_set(const struct array *a, lua_Integer i); /* pops */

/* lib_sort.c */
int table_sort(lua_State *L);
