/* SPDX-License-Identifier: MIT */
/* trigger.h - the global `trigger`, and what a trigger's file declares with it.
 *
 * While a file is loaded, trigger {...} keeps its table and returns it; the file must return it in
 * turn. Then the functions in it are kept for runs, and the table becomes a manifest:
 * {"line": L, "declaration": {...}}, where L is the line of the call and a function is
 * {"$function": LINE}. A file "host.lua" (the host's settings) returns a plain table, which is its
 * declaration.
 *
 * Owner: the script. Thread: one. Limits: as lua_json_write, and TRIGGER_MANIFEST bytes. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <lua.h>

struct script;

enum { TRIGGER_MANIFEST = 1 << 20 };

void trigger_open(lua_State *L);
/* Takes what the file has returned, on top of co. False: err has the reason. */
bool trigger_take(struct script *s, lua_State *co, struct error *err) MUST_CHECK;
/* Writes the manifest of the table that trigger_take accepted. */
bool trigger_manifest(struct script *s, struct buf *out, struct error *err) MUST_CHECK;
