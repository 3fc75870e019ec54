/* SPDX-License-Identifier: MIT */
/* lua_json.h - Lua values and JSON: the reader (lua_json_push.c), the writer (lua_json_write.c),
 * and what JSON has and Lua has not, null and arrays that are empty (lua_json.c).
 *
 * null is one light userdata (NULL); `json.null` in scripts, equal only to itself. An empty array
 * carries a metatable that lua_json.c owns, since an empty table alone is written as {}. A table
 * that holds something is judged by what it holds, marked or not.
 *
 * Owner: the vm. Thread: one. Limits: the enum below. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include <lua.h>
#include <stdbool.h>

enum {
    LUA_JSON_DEPTH = 64,     /* as base/json.h accepts */
    LUA_JSON_NODES = 262144, /* values of one text, so that a small text cannot make a huge heap */
    LUA_JSON_EVENT_DEPTH = LUA_JSON_DEPTH + 1,        /* the host's envelope around a body, */
    LUA_JSON_EVENT_NODES = 2 * LUA_JSON_NODES + 1024, /* which may stand there twice: inputs */
    LUA_JSON_POLL = 100,       /* values between two looks at the CPU limit */
    LUA_JSON_KEY_SHOWN = 40,   /* bytes of a name that messages quote */
    LUA_JSON_ERROR_SHOWN = 200 /* bytes of a path that messages quote */
};

void lua_json_push_null(lua_State *L);        /* pushes json.null, whose tostring is "null" */
bool lua_json_is_null(lua_State *L, int idx); /* json.null, nil or nothing */

/* Marks the table at idx as an array that may be empty. It must have no metatable. */
void lua_json_mark_array(lua_State *L, int idx);
bool lua_json_is_marked(lua_State *L, int idx);

/* A table with the metatable at idx is a view: JSON and templates see the table on top instead (the
 * read-only event). Pops that table. */
void lua_json_set_view(lua_State *L, int idx);
/* Replaces a view on top of the stack by what it shows. */
void lua_json_see_through(lua_State *L);

/* What a table holds, by raw access. */
enum lua_json_shape {
    LUA_JSON_EMPTY,
    LUA_JSON_ARRAY,  /* keys 1..count */
    LUA_JSON_OBJECT, /* count string keys */
    LUA_JSON_HOLES,  /* positive integers with gaps */
    LUA_JSON_MIXED,  /* string keys and others */
    LUA_JSON_KEYS,   /* keys that are neither */
};
enum lua_json_shape lua_json_shape(lua_State *L, int idx, size_t *count);

/* Pushes the value of a JSON text. Objects and arrays become tables, null becomes json.null. False
 * with nothing pushed: err says where ("byte 12: …"). Empty arrays stay arrays when written. */
bool lua_json_push(lua_State *L, struct text json, struct error *err) MUST_CHECK;
/* The same for an event, which is larger than the largest body in it. */
bool lua_json_push_event(lua_State *L, struct text json, struct error *err) MUST_CHECK;

/* Appends the JSON of the value at idx, with sorted keys. Raw access only: no metamethod runs.
 * False: err says where, and what would be right ("result.items[3].f: a function cannot be written
 * as JSON"). What is larger than out->max sets out->full. */
bool lua_json_write(lua_State *L, int idx, struct buf *out, const char *what,
                    struct error *err) MUST_CHECK;
