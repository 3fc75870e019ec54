/* SPDX-License-Identifier: MIT */
#include "domain/schema/schema_export.h"
#include "domain/schema/format.h"
#include <string.h>

/* How our types are called there, and what bounds are called for each. */
static const struct type {
    const char *name, *exported; /* NULL: no "type" at all */
    const char *min, *max;
} types[] = {
    {"string", "string", "minLength", "maxLength"},
    {"number", "number", "minimum", "maximum"},
    {"integer", "integer", "minimum", "maximum"},
    {"boolean", "boolean", NULL, NULL},
    {"object", "object", NULL, NULL},
    {"array", "array", "minItems", "maxItems"},
    {"any", NULL, NULL, NULL},
};

static const struct type *type_of(const cJSON *rule)
{
    const char *name = cJSON_IsString(rule) ? rule->valuestring : json_string(rule, "type");
    for (size_t i = 0; name && i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return &types[ARRAY_LEN(types) - 1];
}

static bool is_optional(const cJSON *rule)
{
    return json_bool(rule, "optional", false);
}

static void put_tree(struct buf *b, bool *first, const char *name, const cJSON *v)
{
    if (!v || !name)
        return;
    json_field(b, first, name);
    json_put_tree(b, v);
}

static void put_type(struct buf *b, bool *first, const struct type *t, bool optional)
{
    if (!t->exported)
        return;
    json_field(b, first, "type");
    if (optional)
        buf_printf(b, "[\"%s\",\"null\"]", t->exported);
    else
        buf_printf(b, "\"%s\"", t->exported);
}

static void put_enum(struct buf *b, bool *first, const cJSON *values, bool optional)
{
    if (!values)
        return;
    json_field(b, first, "enum");
    buf_char(b, '[');
    for (const cJSON *v = values->child; v; v = v->next) {
        if (v != values->child)
            buf_char(b, ',');
        json_put_tree(b, v);
    }
    buf_str(b, optional ? ",null]" : "]");
}

static void put_rule(struct buf *b, const cJSON *rule);

static void put_fields(struct buf *b, bool *first, const cJSON *rules)
{
    bool inner = true, any = false;
    json_field(b, first, "properties");
    for (const cJSON *rule = rules ? rules->child : NULL; rule; rule = rule->next) {
        json_field(b, &inner, rule->string);
        put_rule(b, rule);
    }
    buf_str(b, inner ? "{}" : "}");
    for (const cJSON *rule = rules ? rules->child : NULL; rule; rule = rule->next) {
        if (is_optional(rule))
            continue;
        if (!any)
            json_field(b, first, "required");
        buf_char(b, any ? ',' : '[');
        json_put_cstr(b, rule->string);
        any = true;
    }
    if (any)
        buf_char(b, ']');
}

static void put_rule(struct buf *b, const cJSON *rule)
{
    const struct type *t = type_of(rule);
    bool first = true, optional = is_optional(rule);
    put_type(b, &first, t, optional);
    put_tree(b, &first, t->min, json_get(rule, "min"));
    put_tree(b, &first, t->max, json_get(rule, "max"));
    put_tree(b, &first, "pattern", json_get(rule, "pattern"));
    put_tree(b, &first, "format", json_get(rule, "format"));
    put_enum(b, &first, json_get(rule, "enum"), optional);
    const cJSON *fields = json_get(rule, "fields"), *items = json_get(rule, "items");
    if (fields)
        put_fields(b, &first, fields);
    if (items) {
        json_field(b, &first, "items");
        put_rule(b, items);
    }
    buf_str(b, first ? "{}" : "}");
}

void schema_export(const cJSON *schema, struct buf *out)
{
    bool first = true;
    json_field(out, &first, "type");
    buf_str(out, "\"object\"");
    if (schema)
        put_fields(out, &first, schema);
    buf_char(out, '}');
}

/* ---- a sample */

static void sample_rule(struct buf *b, const cJSON *rule, const char *name);

static void sample_fields(struct buf *b, const cJSON *rules)
{
    bool first = true;
    for (const cJSON *rule = rules ? rules->child : NULL; rule; rule = rule->next) {
        json_field(b, &first, rule->string);
        sample_rule(b, rule, rule->string);
    }
    buf_str(b, first ? "{}" : "}");
}

/* The field's own name, made as long as it must be and cut to what it may be. */
static void sample_string(struct buf *b, const cJSON *rule, const char *name)
{
    double min = json_number(rule, "min", 0), max = json_number(rule, "max", 1 << 16);
    struct buf text;
    buf_init(&text, 1 << 16);
    for (struct text rest = text_of(name);
         rest.len && (double)text_utf8_count(buf_view(&text)) < max;) {
        size_t step = text_utf8_step(rest);
        step = step ? step : 1;
        buf_add(&text, rest.data, step);
        rest.data += step;
        rest.len -= step;
    }
    while (!text.full && (double)text_utf8_count(buf_view(&text)) < min)
        buf_char(&text, 'x');
    json_put_string(b, text.data ? buf_view(&text) : TEXT(""));
    buf_done(&text);
}

static void sample_array(struct buf *b, const cJSON *rule, const char *name)
{
    const cJSON *items = json_get(rule, "items");
    double min = json_number(rule, "min", 0);
    double count = min > 1 ? min : json_number(rule, "max", 1) < 1 ? 0 : 1;
    buf_char(b, '[');
    for (double i = 0; i < count && i < 16; i++) {
        if (i > 0)
            buf_char(b, ',');
        if (items)
            sample_rule(b, items, name);
        else
            buf_str(b, "null");
    }
    buf_char(b, ']');
}

static void sample_rule(struct buf *b, const cJSON *rule, const char *name)
{
    const cJSON *values = json_get(rule, "enum");
    const char *type = type_of(rule)->exported;
    double max = json_number(rule, "max", 1);
    const char *name_of_format = json_string(rule, "format");
    const struct format *format = name_of_format ? format_find(name_of_format) : NULL;
    if (values)
        json_put_tree(b, values->child);
    else if (format)
        json_put_cstr(b, format->sample);
    else if (!type)
        buf_str(b, "null");
    else if (strcmp(type, "string") == 0)
        sample_string(b, rule, name);
    else if (strcmp(type, "boolean") == 0)
        buf_str(b, "true");
    else if (strcmp(type, "object") == 0)
        sample_fields(b, json_get(rule, "fields"));
    else if (strcmp(type, "array") == 0)
        sample_array(b, rule, name);
    else
        json_put_number(b, json_number(rule, "min", max < 1 ? max : 1));
}

void schema_sample(const cJSON *schema, struct buf *out)
{
    sample_fields(out, schema);
}
