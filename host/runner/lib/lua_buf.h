/* SPDX-License-Identifier: MIT */
/* lua_buf.h - a struct buf for a script's call: its bytes are on the C stack or belong to the
 * collector, since a kill or an error may jump over the caller at any moment. Thread: one. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <lua.h>

/* Appends to out, from the values at arg (the library's own). Must do the same when called again:
 * what did not fit is made anew in a larger buffer. */
typedef bool (*lua_buf_fill)(lua_State *L, const void *arg, struct buf *out, struct error *err);

/* Pushes what fill writes as a string. False with nothing pushed: fill's err, or "larger than
 * 1048576 bytes". */
bool lua_buf_push(lua_State *L, size_t max, lua_buf_fill fill, const void *arg,
                  struct error *err) MUST_CHECK;
