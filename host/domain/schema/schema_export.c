/* SPDX-License-Identifier: MIT */
#include "domain/schema/schema_export.h"

#include "base/json_out.h"
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

static void put_if_there(struct buf *b, const char *name, const cJSON *v)
{
    if (v && name)
        json_tree(b, name, v);
}

/* OpenAPI's format says what JSON Schema leaves open: an integer has 64 bits. */
static void put_type(struct buf *b, const struct type *t, bool optional)
{
    if (!t->exported)
        return;
    if (optional) {
        json_open(b, "type", '[');
        json_word(b, NULL, t->exported);
        json_word(b, NULL, "null");
        json_close(b, ']');
    } else {
        json_word(b, "type", t->exported);
    }
    if (strcmp(t->exported, "integer") == 0)
        json_word(b, "format", "int64");
}

static void put_enum(struct buf *b, const cJSON *values, bool optional)
{
    if (!values)
        return;
    json_open(b, "enum", '[');
    for (const cJSON *v = values->child; v; v = v->next)
        json_tree(b, NULL, v);
    if (optional)
        json_word(b, NULL, NULL);
    json_close(b, ']');
}

static void put_rule(struct buf *b, const char *name, const cJSON *rule);

static void put_required(struct buf *b, const cJSON *rules)
{
    bool any = false;
    for (const cJSON *rule = rules->child; rule; rule = rule->next) {
        if (is_optional(rule))
            continue;
        if (!any)
            json_open(b, "required", '[');
        json_word(b, NULL, rule->string);
        any = true;
    }
    if (any)
        json_close(b, ']');
}

static void put_fields(struct buf *b, const cJSON *rules)
{
    json_open(b, "properties", '{');
    for (const cJSON *rule = rules->child; rule; rule = rule->next)
        put_rule(b, rule->string, rule);
    json_close(b, '}');
    put_required(b, rules);
}

static void put_rule(struct buf *b, const char *name, const cJSON *rule)
{
    const struct type *t = type_of(rule);
    bool optional = is_optional(rule);
    json_open(b, name, '{');
    put_type(b, t, optional);
    put_if_there(b, t->min, json_get(rule, "min"));
    put_if_there(b, t->max, json_get(rule, "max"));
    put_if_there(b, "pattern", json_get(rule, "pattern"));
    put_if_there(b, "format", json_get(rule, "format"));
    put_enum(b, json_get(rule, "enum"), optional);
    const cJSON *fields = json_get(rule, "fields"), *items = json_get(rule, "items");
    if (fields)
        put_fields(b, fields);
    if (items)
        put_rule(b, "items", items);
    json_close(b, '}');
}

void schema_export(const cJSON *schema, struct buf *out)
{
    json_open(out, NULL, '{');
    json_word(out, "type", "object");
    if (schema)
        put_fields(out, schema);
    json_close(out, '}');
}

/* ---- a sample */

/* name: of the member, NULL in a list; word: what a string is made of. */
static void sample_rule(struct buf *b, const char *name, const cJSON *rule, const char *word);

static void sample_fields(struct buf *b, const char *name, const cJSON *rules)
{
    json_open(b, name, '{');
    for (const cJSON *rule = rules ? rules->child : NULL; rule; rule = rule->next)
        sample_rule(b, rule->string, rule, rule->string);
    json_close(b, '}');
}

/* The field's own name, made as long as it must be and cut to what it may be. */
static void sample_string(struct buf *b, const char *name, const cJSON *rule, const char *word)
{
    double min = json_number(rule, "min", 0), max = json_number(rule, "max", 1 << 16);
    struct buf text;
    buf_init(&text, 1 << 16);
    for (struct text rest = text_of(word);
         rest.len && (double)text_utf8_count(buf_view(&text)) < max;) {
        size_t step = text_utf8_step(rest);
        step = step ? step : 1;
        buf_add(&text, rest.data, step);
        rest.data += step;
        rest.len -= step;
    }
    while (!text.full && (double)text_utf8_count(buf_view(&text)) < min)
        buf_char(&text, 'x');
    json_text(b, name, text.data ? buf_view(&text) : TEXT(""));
    buf_done(&text);
}

static void sample_array(struct buf *b, const char *name, const cJSON *rule, const char *word)
{
    const cJSON *items = json_get(rule, "items");
    double min = json_number(rule, "min", 0);
    double count = min > 1 ? min : json_number(rule, "max", 1) < 1 ? 0 : 1;
    json_open(b, name, '[');
    for (double i = 0; i < count && i < 16; i++) {
        if (items)
            sample_rule(b, NULL, items, word);
        else
            json_word(b, NULL, NULL);
    }
    json_close(b, ']');
}

/* The least that it may be; else 1, or what is the most. */
static void sample_number(struct buf *b, const char *name, const cJSON *rule)
{
    const cJSON *min = json_get(rule, "min"), *max = json_get(rule, "max");
    if (min)
        json_tree(b, name, min);
    else if (max && max->valuedouble < 1)
        json_tree(b, name, max);
    else
        json_int(b, name, 1);
}

static void sample_rule(struct buf *b, const char *name, const cJSON *rule, const char *word)
{
    const cJSON *values = json_get(rule, "enum");
    const char *type = type_of(rule)->exported;
    const char *name_of_format = json_string(rule, "format");
    const struct format *format = name_of_format ? format_find(name_of_format) : NULL;
    if (values)
        json_tree(b, name, values->child);
    else if (format)
        json_word(b, name, format->sample);
    else if (!type)
        json_word(b, name, NULL);
    else if (strcmp(type, "string") == 0)
        sample_string(b, name, rule, word);
    else if (strcmp(type, "boolean") == 0)
        json_flag(b, name, true);
    else if (strcmp(type, "object") == 0)
        sample_fields(b, name, json_get(rule, "fields"));
    else if (strcmp(type, "array") == 0)
        sample_array(b, name, rule, word);
    else
        sample_number(b, name, rule);
}

void schema_sample(const cJSON *schema, struct buf *out)
{
    sample_fields(out, NULL, schema);
}
