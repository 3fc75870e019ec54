/* SPDX-License-Identifier: MIT */
/* template.h - the inside of templates: template.c knows blocks and text, template_value.c what
 * stands between {{ and }}. From outside only template_render (lib.h) is used.
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
 * Strings appear as they are (nothing is escaped), everything else as JSON. A block tag or note
 * alone on its line takes the line with it.
 * Rendered while parsed, in one pass; the body of each is parsed again for every item. Access is
 * raw: no code of the script runs. Owner: the caller. Thread: one. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <lua.h>

enum {
    TEMPLATE_DEPTH = 16,
    TEMPLATE_FILTERS = 8,        /* of one value */
    TEMPLATE_LITERAL = 1024,     /* bytes of a text in quotes */
    TEMPLATE_FILTERED = 8 << 20, /* bytes that a filter may make; what is shown has out's limit */
};

struct template
{
    lua_State *L;
    const char *start, *at, *end; /* at: the next byte */
    struct buf *out;
    struct error *err;
    int depth;
};

/* Where names are looked up: an item of {{#each}}, or the root (outer NULL). */
struct template_scope {
    const struct template_scope *outer;
    int value; /* stack index */
    lua_Integer index;
};

/* Fill err with the line of at: "line 3: …". Always false. */
bool template_refuse(struct template *t, const char *at, const char *format, ...) PRINTF_LIKE(3, 4);
bool template_unexpected(struct template *t, const char *wanted);
/* err: 'line 3: unknown WHAT "jsn", did you mean "json"?'. Always false. */
bool template_unknown(struct template *t, const char *what, struct text name,
                      const char *const *known);

void template_skip_blanks(struct template *t);
/* The letters, digits, '_', '-', '@' and bytes beyond ASCII at t->at; may be empty. */
struct text template_word(struct template *t);
/* t->at must stand on "}}", perhaps behind blanks. */
bool template_close(struct template *t) MUST_CHECK;

/* t->at stands on a path. Pushes its value; nil when it is missing or not live. */
bool template_path(struct template *t, const struct template_scope *scope, bool live) MUST_CHECK;
/* t->at stands behind "{{" of a value. Parses up to "}}", and appends the text if live. */
bool template_value(struct template *t, const struct template_scope *scope, bool live) MUST_CHECK;
