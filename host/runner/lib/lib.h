/* SPDX-License-Identifier: MIT */
/* lib.h - the sandbox's libraries, one C file each. Each opener pushes nothing and leaves its
 * globals in the state. lib_open_all is called once for a fresh vm, before any script. Only what
 * these files register exists for a script. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <lua.h>

/* assert error getmetatable ipairs load next pairs pcall print rawequal rawget rawlen rawset select
 * setmetatable tonumber tostring type xpcall _G _VERSION */
void lib_open_base(lua_State *L);
void lib_open_string(lua_State *L);
void lib_open_table(lua_State *L);
void lib_open_utf8(lua_State *L);
void lib_open_math(lua_State *L);
void lib_open_coroutine(lua_State *L);
void lib_open_os(lua_State *L); /* time date clock difftime, from the run's clock */

void lib_open_all(lua_State *L); /* all of these, in their order */

/* What print sends its line to: a field of the registry, a function of one string. Without it print
 * raises. */
#define LIB_PRINT "moontide.print"

/* Around every collection, which must be a whole one (LUA_GCCOLLECT): a metatable's __mode that
 * came after setmetatable has no effect in between, so no table of a script is ever weak. Neither
 * allocates; they need 8 free stack slots. */
void lib_before_collect(lua_State *L);
void lib_after_collect(lua_State *L);

/* As luaL_tolstring, but tables, functions, threads and userdata show their type or __name and no
 * address. Pushes the text. */
const char *lib_tostring(lua_State *L, int idx, size_t *bytes);
/* Pushes a new table with these functions (NULL ends the names) of a stock library. */
void lib_push_stock(lua_State *L, lua_CFunction open, const char *const *names);

/* Of the library's table on top: string.byte or utf8.codepoint, for 250,000 results at most. */
void lib_cap_slices(lua_State *L, const char *name);

/* Pushed as module tables for require "json", "template": */
int lib_push_json(lua_State *L);     /* encode decode null */
int lib_push_template(lua_State *L); /* render */

/* ---- Lua values and JSON (lua_json.c), used by json.encode/decode and by the run loop for events,
 * answers, results. */

/* Pushes the value of a JSON text. Object and array become tables, null becomes json.null inside
 * containers and at the top. False with nothing pushed: err says where ("byte 12: …"). Empty arrays
 * round-trip (a mark in the registry's weak-free way). */
bool lua_json_push(lua_State *L, struct text json, struct error *err) MUST_CHECK;
/* The same for an event, which is larger than the largest body in it. */
bool lua_json_push_event(lua_State *L, struct text json, struct error *err) MUST_CHECK;
/* Appends the JSON of the value at idx; keys sorted. Raw access only (no metamethod runs); depth
 * 64. False: err says where and what would be right: "result.items[3].f: a function cannot be
 * written as JSON". What is larger than out->max is `out->full`. */
bool lua_json_write(lua_State *L, int idx, struct buf *out, const char *what,
                    struct error *err) MUST_CHECK;

/* Renders a template against the value at idx (runner/template.c): "Help {{customer.name}}".
 * Appends to out. False: err has line and reason of a malformed template. Missing values render
 * empty. */
bool template_render(lua_State *L, struct text source, int idx, struct buf *out,
                     struct error *err) MUST_CHECK;
