/* SPDX-License-Identifier: MIT */
/* lib_secret.h - `secret "NAME"` in scripts: a name that http takes in place of a string, and that
 * can be joined with strings by `..`. The value is never here; the host puts it in when a request
 * leaves.
 *
 * A secret is a full userdata of parts, literal texts and names, that nothing changes. A script can
 * make one by `secret` and `..` only, so plain tables are never taken for one.
 *
 * Owner: the vm. Thread: one. Limit: a name of 64 bytes. */
#pragma once
#include <lua.h>

/* Sets the global `secret`. */
void lib_secret_open(lua_State *L);
/* Pushes the same function, for require "secret". */
int lib_secret_push(lua_State *L);
/* The function host.secret_parts(value) -> { "Bearer ", { name = "API_KEY" } }, or nil for what is
 * no secret. */
int lib_secret_parts(lua_State *L);
