/* SPDX-License-Identifier: MIT */
/* template.h - texts with values in them, for template.render and a trigger's `instruction`.
 *
 *   {{a.b}} {{lines.0.id}}      a value; list items count from 0; what is missing renders empty
 *   {{a | json}}                its JSON
 *   {{a | default:"x"}}         "x" when a is missing, null or ""; up to 8 filters chain
 *                               from left to right
 *   {{#if a}}…{{else}}…{{/if}}  missing, null, false, "" and empty tables are false; 0 is true
 *   {{#each a}}…{{else}}…{{/each}}  once for each item of a list, else when there is none; inside,
 *                               names are looked up in the item first, then outside; {{this}} is
 *                               the item, {{@index}} its place from 0, {{@number}} from 1
 *   {{! a note }}               nothing
 *
 * Strings appear as they are (nothing is escaped), everything else as JSON. A block tag or note
 * alone on its line takes the line with it. Access is raw: no code of the script runs.
 *
 * Owner: the caller. Thread: one. Limits: template_parse.h. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <lua.h>

/* Renders a template against the value at idx ("Help {{customer.name}}") and appends to out. False:
 * err has line and reason of a malformed template. */
bool template_render(lua_State *L, struct text source, int idx, struct buf *out,
                     struct error *err) MUST_CHECK;
