/* SPDX-License-Identifier: MIT */
/* pattern.h - Lua patterns (Lua 5.4 manual, 6.4.1) for find, match, gmatch and gsub.
 *
 * Differs from the stock matcher in two ways: each step of the backtracking polls the CPU limit,
 * and every attempt starts with a whole depth budget, also after an error. A pattern is read as it
 * is matched, so a malformed part that is never reached raises nothing, as in stock Lua.
 *
 * Owner: the caller's stack. Thread: one. Limits: 32 captures, 200 levels of recursion ("pattern
 * too complex"). */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_CAPTURES = 32, PATTERN_DEPTH = 200 };

struct pattern_capture {
    const char *start;
    ptrdiff_t bytes; /* or one of the marks in pattern.c */
};

/* Both strings must be Lua strings that stay on the stack: a NUL behind their end is relied on. */
struct pattern {
    lua_State *L;
    const char *subject, *subject_end;
    const char *text, *text_end; /* behind the anchor */
    bool anchored;
    int depth;    /* what is left of PATTERN_DEPTH */
    int captures; /* opened so far */
    struct pattern_capture capture[PATTERN_CAPTURES];
};

/* Takes the anchor off, unless it is an ordinary character here (gmatch). */
void pattern_init(struct pattern *m, lua_State *L, const char *subject, size_t subject_bytes,
                  const char *text, size_t text_bytes, bool may_anchor);

/* The first match that starts at `from` or later (only there when anchored) and does not end at
 * `not_end` (NULL: anywhere). Gives its start, *end is where it stops; NULL: none. Raises for a
 * malformed pattern. */
const char *pattern_search(struct pattern *m, const char *from, const char *not_end,
                           const char **end);

/* Pushes capture `index` (0 is the first); the whole match when there are none and index is 0.
 * Raises when there is no such. */
void pattern_push(struct pattern *m, int index, const char *start, const char *end);
/* Pushes all captures, or the whole match when there are none and start is not NULL. Returns how
 * many it pushed. */
int pattern_push_all(struct pattern *m, const char *start, const char *end);

/* True for a text without any character that means something in a pattern. */
bool pattern_is_plain(const char *text, size_t bytes);
