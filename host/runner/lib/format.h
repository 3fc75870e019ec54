/* SPDX-License-Identifier: MIT */
/* format.h - string.format, without "%p" and without addresses in "%s". Owner: the vm. Thread: one.
 * Limits: width and precision 99, as in stock Lua. */
#pragma once
#include <lua.h>

int format_string(lua_State *L);
