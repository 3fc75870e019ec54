/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "domain/schema/schema_rule.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {"string", "number", "integer", "boolean",
                                         "object", "array",  "any",     NULL};

static bool refuse_rule(struct schema_place *p, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse_rule(struct schema_place *p, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(p->err, ERROR_INVALID, "%s: %s", p->text, text);
}

/* An empty Lua table may come as an array. */
static bool is_table(const cJSON *v)
{
    return cJSON_IsObject(v) || (cJSON_IsArray(v) && !v->child);
}

static bool load_rule(struct schema_rule *r, const cJSON *v, struct schema_place *p);

static bool load_fields_of(struct schema_rule *r, const cJSON *rules, struct schema_place *p)
{
    if (!is_table(rules))
        return refuse_rule(p, "a table of fields is needed");
    if (p->depth == SCHEMA_DEPTH)
        return refuse_rule(p, "nested deeper than %d", SCHEMA_DEPTH);
    if (!rules->child)
        return true;
    r->fields = mem_zero((size_t)cJSON_GetArraySize(rules), sizeof *r->fields);
    for (const cJSON *v = rules->child; v; v = v->next) {
        size_t before = schema_enter(p, ".%s", v->string);
        struct schema_rule *field = &r->fields[r->field_count++];
        field->name = v->string;
        if (!load_rule(field, v, p))
            return false;
        schema_leave(p, before);
    }
    return true;
}

/* ---- keys */

static bool load_optional(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    r->optional = cJSON_IsTrue(v);
    return cJSON_IsBool(v) || refuse_rule(p, "\"optional\" is true or false");
}

static bool check_bound(const struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (!schema_is_measured(r->type))
        return refuse_rule(p, "\"%s\" does not go with type \"%s\"", v->string,
                           type_names[r->type]);
    if (r->type == TYPE_NUMBER)
        return cJSON_IsNumber(v) || refuse_rule(p, "\"%s\" must be a number", v->string);
    if (r->type == TYPE_INTEGER)
        return schema_is_integer(v) || refuse_rule(p, "\"%s\" must be a whole number", v->string);
    return (schema_is_integer(v) && v->valuedouble >= 0) ||
           refuse_rule(p, "\"%s\" must be a whole number from 0", v->string);
}

static bool load_min(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    r->min = v;
    return check_bound(r, v, p);
}

static bool load_max(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    r->max = v;
    return check_bound(r, v, p);
}

static bool load_enum(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    r->values = v;
    if (!cJSON_IsArray(v) || !v->child)
        return refuse_rule(p, "\"enum\" is a list of the allowed values");
    for (const cJSON *e = v->child; e; e = e->next) {
        if (!schema_has_type(r->type, e))
            return refuse_rule(p, "\"enum\" has a value that is no %s", type_names[r->type]);
    }
    return true;
}

static bool load_fields(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (r->type != TYPE_OBJECT)
        return refuse_rule(p, "\"fields\" goes with type \"object\" only");
    return load_fields_of(r, v, p);
}

static bool load_items(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (r->type != TYPE_ARRAY)
        return refuse_rule(p, "\"items\" goes with type \"array\" only");
    if (p->depth == SCHEMA_DEPTH)
        return refuse_rule(p, "nested deeper than %d", SCHEMA_DEPTH);
    size_t before = schema_enter(p, ".items");
    r->items = mem_zero(1, sizeof *r->items);
    if (!load_rule(r->items, v, p))
        return false;
    schema_leave(p, before);
    return true;
}

static bool check_string(const struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (r->type != TYPE_STRING)
        return refuse_rule(p, "\"%s\" goes with type \"string\" only", v->string);
    return cJSON_IsString(v) || refuse_rule(p, "\"%s\" must be a string", v->string);
}

static bool load_pattern(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    struct error err;
    if (!check_string(r, v, p))
        return false;
    r->pattern = v->valuestring;
    r->regex = regex_new(text_of(v->valuestring), &err);
    return r->regex || refuse_rule(p, "\"pattern\": %s", err.text);
}

static bool load_format(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (!check_string(r, v, p))
        return false;
    r->format = format_find(v->valuestring);
    if (r->format)
        return true;
    const char *near = text_nearest(text_of(v->valuestring), format_names());
    if (near)
        return refuse_rule(p, "unknown format \"%.40s\", did you mean \"%s\"?", v->valuestring,
                           near);
    return refuse_rule(p, "unknown format \"%.40s\"", v->valuestring);
}

static const struct {
    const char *name;
    bool (*load)(struct schema_rule *r, const cJSON *v, struct schema_place *p);
} keys[] = {
    {"type", NULL}, /* load_type reads it before the others */
    {"optional", load_optional},
    {"min", load_min},
    {"max", load_max},
    {"enum", load_enum},
    {"fields", load_fields},
    {"items", load_items},
    {"pattern", load_pattern},
    {"format", load_format},
};

static bool load_key(struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    const char *names[ARRAY_LEN(keys) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].name, v->string) == 0)
            return !keys[i].load || keys[i].load(r, v, p);
        names[i] = keys[i].name;
    }
    const char *near = text_nearest(text_of(v->string), names);
    if (near)
        return refuse_rule(p, "unknown key \"%.40s\", did you mean \"%s\"?", v->string, near);
    return refuse_rule(p, "unknown key \"%.40s\"", v->string);
}

static bool load_type(struct schema_rule *r, const cJSON *rule, struct schema_place *p)
{
    const cJSON *name = cJSON_IsString(rule) ? rule : json_get(rule, "type");
    if (!name)
        return refuse_rule(p, "\"type\" is missing");
    if (!cJSON_IsString(name))
        return refuse_rule(p, "\"type\" must be a string such as \"number\"");
    for (int i = 0; type_names[i]; i++) {
        if (strcmp(type_names[i], name->valuestring) == 0) {
            r->type = (enum schema_type)i;
            return true;
        }
    }
    const char *near = text_nearest(text_of(name->valuestring), type_names);
    if (near)
        return refuse_rule(p, "unknown type \"%.40s\", did you mean \"%s\"?", name->valuestring,
                           near);
    return refuse_rule(p, "unknown type \"%.40s\"", name->valuestring);
}

static bool load_rule(struct schema_rule *r, const cJSON *rule, struct schema_place *p)
{
    if (!cJSON_IsString(rule) && !cJSON_IsObject(rule))
        return refuse_rule(
            p, "a type such as \"string\" or a table such as {type = \"string\"} is needed");
    if (!load_type(r, rule, p))
        return false;
    for (const cJSON *v = rule->child; v; v = v->next) {
        if (!load_key(r, v, p))
            return false;
    }
    if (r->min && r->max && json_compare_numbers(r->min, r->max) > 0)
        return refuse_rule(p, "\"min\" is more than \"max\"");
    return true;
}

/* ---- the whole */

struct schema {
    struct schema_rule root;
};

struct schema *schema_new(const cJSON *declared, struct error *err)
{
    struct schema *schema = mem_zero(1, sizeof *schema);
    struct schema_place p = {.text = "input", .len = strlen("input"), .err = err};
    schema->root.type = TYPE_OBJECT;
    if (load_fields_of(&schema->root, declared, &p))
        return schema;
    schema_free(schema);
    return NULL;
}

/* As deep as a schema may nest. */
static void rule_done(struct schema_rule *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->field_count; i++)
        rule_done(&r->fields[i]);
    rule_done(r->items);
    free(r->fields);
    free(r->items);
    regex_free(r->regex);
}

void schema_free(struct schema *schema)
{
    if (!schema)
        return;
    rule_done(&schema->root);
    free(schema);
}

const struct schema_rule *schema_root(const struct schema *schema)
{
    return &schema->root;
}
