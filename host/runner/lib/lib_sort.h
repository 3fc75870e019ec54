/* SPDX-License-Identifier: MIT */
/* lib_sort.h - table.sort. Owner: the vm. Thread: one. Limit: the run's memory. */
#pragma once
#include <lua.h>

int lib_sort_table(lua_State *L);
