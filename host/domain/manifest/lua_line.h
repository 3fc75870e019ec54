/* SPDX-License-Identifier: MIT */
/* lua_line.h - which line of a script declares a field, for error messages. It knows Lua's tokens
 * and nesting, not its grammar: a best guess, as tables may also be built in other ways. Pure.
 * Thread: any. */
#pragma once
#include "base/text.h"

/* path: "limits.cpu", "filter[2].any[1]": names and list positions below the table that opens on
 * line `from` or later. Returns the line of the longest part of the path that is found, `from` when
 * there is none. Names of fields that hold a dot or bracket are not found. */
int lua_line_find(struct text source, int from, const char *path);
