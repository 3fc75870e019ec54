/* SPDX-License-Identifier: MIT */
/* schema_rule.h - a schema as it is kept: what schema_load.c makes of a declaration and schema.c
 * checks values with. Only these two include it. */
#pragma once
#include "domain/schema/format.h"
#include "domain/schema/regex.h"
#include "domain/schema/schema.h"

enum schema_type {
    TYPE_STRING,
    TYPE_NUMBER,
    TYPE_INTEGER,
    TYPE_BOOLEAN,
    TYPE_OBJECT,
    TYPE_ARRAY,
    TYPE_ANY
};

struct schema_rule {
    const char *name; /* of the field; NULL: of items */
    enum schema_type type;
    bool optional;
    const cJSON *min, *max, *values; /* borrowed from the declaration, as name is; NULL */
    const struct format *format;
    const char *pattern;
    struct regex *regex;
    struct schema_rule *fields, *items;
    size_t field_count;
};

/* Where the walk stands: "input.note" in a schema, "/lines/0/id" in a body. */
struct schema_place {
    char text[256];
    size_t len;
    int depth;
    uint32_t steps; /* left for patterns */
    struct error *err;
};

/* schema_load.c: the body itself, an object. */
const struct schema_rule *schema_root(const struct schema *schema);

/* schema.c. schema_enter returns the old length for schema_leave. */
size_t schema_enter(struct schema_place *p, const char *format, ...) PRINTF_LIKE(2, 3);
void schema_leave(struct schema_place *p, size_t before);
bool schema_has_type(enum schema_type type, const cJSON *v);
bool schema_is_integer(const cJSON *v);
/* Of types with `min` and `max`. */
bool schema_is_measured(enum schema_type type);
