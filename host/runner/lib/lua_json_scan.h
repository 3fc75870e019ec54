/* SPDX-License-Identifier: MIT */
/* lua_json_scan.h - the words of JSON, pushed as Lua values. Inside lua_json_*.c only.
 * Accepts exactly what base/json.h accepts: the host parses the same texts. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <lua.h>

struct lua_json_scan {
    lua_State *L;
    const char *start, *at, *end; /* at: the next byte */
    struct error *err;
    char *scratch; /* room for strings with escapes: a userdata at stack index scratch_slot */
    size_t scratch_bytes;
    int scratch_slot;
    int depth, max_depth;
    unsigned nodes, max_nodes;
    bool null_named;
};

/* Fill err and return false: "byte 5: expected a value but found 'x'", "byte 5: lone surrogate". */
bool lua_json_scan_unexpected(struct lua_json_scan *s, const char *wanted);
bool lua_json_scan_refuse(struct lua_json_scan *s, const char *at, const char *what);

/* at stands on the first digit or '-'; pushes an integer or a float. */
bool lua_json_scan_number(struct lua_json_scan *s) MUST_CHECK;
/* at stands on the opening quote; pushes the string, which *view (if not NULL) then borrows. */
bool lua_json_scan_string(struct lua_json_scan *s, struct text *view) MUST_CHECK;
