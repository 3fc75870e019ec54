/* SPDX-License-Identifier: MIT */
/* filter.h - the data form of a trigger's filter, compiled once, judged without Lua. Pure. Thread:
 * any. Conditions: [path, op, value], {"any": […]}, {"not": cond or list}; a list holds when all
 * hold. ops: = ~= < <= > >= in contains starts ends matches exists. Semantics:
 *  - a missing path makes every op false but `~=` (true), `exists` with value false, and `not`.
 *  - < <= > >= compare two numbers or two strings (bytewise); anything else is false.
 *  - contains: string in string, or equal element in array. in: equal to an element of the value
 *    array.
 *  - matches: a glob, `*` any run of characters, `?` one character; whole string; linear time.
 * Limits: 100 conditions, depth 8, path 256 bytes. */
#pragma once
#include "base/error.h"
#include "base/json.h"

struct filter;

/* err names the condition by position: "filter[2]:
 * unknown operator \"=<\", did you mean \"<=\"?" */
struct filter *filter_new(const cJSON *conditions, struct error *err) MUST_CHECK;
void filter_free(struct filter *f);
/* True: the body passes. False: `why` (optional, cap bytes) says which condition failed: "amount <
 * 100". It never shows the body's values. */
bool filter_pass(const struct filter *f, const cJSON *body, char *why, size_t cap);
