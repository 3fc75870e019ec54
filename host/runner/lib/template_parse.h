/* SPDX-License-Identifier: MIT */
/* template_parse.h - the inside of templates: template.c knows blocks and text, template_value.c
 * what stands between {{ and }}. Rendered while parsed, in one pass; the body of each is parsed
 * again for every item. Owner: the caller. Thread: one. Limits: the enum below. */
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

/* These fill err with the line of `at` ("line 3: …") and return false. */
bool template_refuse(struct template *t, const char *at, const char *format, ...) PRINTF_LIKE(3, 4);
bool template_unexpected(struct template *t, const char *wanted);
/* Fills err ('line 3: unknown WHAT "jsn", did you mean "json"?') and returns false. */
bool template_unknown(struct template *t, const char *what, struct text name,
                      const char *const *known);

void template_skip_blanks(struct template *t);
/* Takes the letters, digits, '_', '-', '@' and bytes beyond ASCII at t->at; they may be none. */
struct text template_word(struct template *t);
/* Takes "}}" at t->at, perhaps behind blanks; false: something else is there. */
bool template_close(struct template *t) MUST_CHECK;

/* Takes the path at t->at and pushes its value; nil when it is missing or not live. */
bool template_path(struct template *t, const struct template_scope *scope, bool live) MUST_CHECK;
/* Takes a value from behind its "{{" up to "}}", and appends its text if live. */
bool template_value(struct template *t, const struct template_scope *scope, bool live) MUST_CHECK;
