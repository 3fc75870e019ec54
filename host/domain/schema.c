/* SPDX-License-Identifier: MIT */
#include "domain/schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 16, PLACE_MAX = 256, ENUM_SHOWN = 160 };

/* Where the walk stands: "input.note" in a schema, "/lines/0/id" in a body. */
struct place {
    char text[PLACE_MAX];
    size_t len;
    int depth;
    struct error *err;
};

enum type {
    TYPE_STRING,
    TYPE_NUMBER,
    TYPE_INTEGER,
    TYPE_BOOLEAN,
    TYPE_OBJECT,
    TYPE_ARRAY,
    TYPE_ANY
};

static const char *const type_names[] = {"string", "number", "integer", "boolean",
                                         "object", "array",  "any",     NULL};

/* ---- types */

static bool is_integer(const cJSON *v)
{
    return cJSON_IsNumber(v) && floor(v->valuedouble) == v->valuedouble &&
           fabs(v->valuedouble) <= 9007199254740991.0;
}

static bool has_type(enum type type, const cJSON *v)
{
    switch (type) {
    case TYPE_STRING:
        return cJSON_IsString(v);
    case TYPE_NUMBER:
        return cJSON_IsNumber(v);
    case TYPE_INTEGER:
        return is_integer(v);
    case TYPE_BOOLEAN:
        return cJSON_IsBool(v);
    case TYPE_OBJECT:
        return cJSON_IsObject(v);
    case TYPE_ARRAY:
        return cJSON_IsArray(v);
    default:
        return true;
    }
}

static bool is_measured(enum type type)
{
    return type == TYPE_STRING || type == TYPE_NUMBER || type == TYPE_INTEGER || type == TYPE_ARRAY;
}

/* Of a rule in its short or long form; -1 when it is none. */
static int type_of(const cJSON *rule)
{
    const char *name = cJSON_IsString(rule) ? rule->valuestring : json_string(rule, "type");
    for (int i = 0; name && type_names[i]; i++) {
        if (strcmp(type_names[i], name) == 0)
            return i;
    }
    return -1;
}

/* An empty Lua table may come as an array. */
static bool is_table(const cJSON *v)
{
    return cJSON_IsObject(v) || (cJSON_IsArray(v) && !v->child);
}

/* ---- the schema itself */

static bool wrong(struct place *p, const char *format, ...) PRINTF_LIKE(2, 3);
static bool wrong(struct place *p, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(p->err, ERROR_INVALID, "%s: %s", p->text, text);
}

/* Returns the old length for leave(). */
static size_t enter(struct place *p, const char *format, ...) PRINTF_LIKE(2, 3);
static size_t enter(struct place *p, const char *format, ...)
{
    size_t before = p->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(p->text + p->len, sizeof p->text - p->len, format, args);
    va_end(args);
    p->len += len > 0 ? (size_t)len : 0;
    if (p->len >= sizeof p->text)
        p->len = text_utf8_whole((struct text){p->text, sizeof p->text - 1});
    p->text[p->len] = '\0';
    p->depth++;
    return before;
}

static void leave(struct place *p, size_t before)
{
    p->len = before;
    p->text[before] = '\0';
    p->depth--;
}

static bool rule_ok(const cJSON *rule, struct place *p);

static bool rules_ok(const cJSON *rules, struct place *p)
{
    if (!is_table(rules))
        return wrong(p, "a table of fields is needed");
    if (p->depth == DEPTH_MAX)
        return wrong(p, "nested deeper than %d", DEPTH_MAX);
    for (const cJSON *rule = rules->child; rule; rule = rule->next) {
        size_t before = enter(p, ".%s", rule->string);
        if (!rule_ok(rule, p))
            return false;
        leave(p, before);
    }
    return true;
}

static bool optional_ok(const cJSON *v, int type, struct place *p)
{
    (void)type;
    return cJSON_IsBool(v) || wrong(p, "\"optional\" is true or false");
}

static bool bound_ok(const cJSON *v, int type, struct place *p)
{
    if (!is_measured((enum type)type))
        return wrong(p, "\"%s\" does not go with type \"%s\"", v->string, type_names[type]);
    if (type == TYPE_NUMBER)
        return cJSON_IsNumber(v) || wrong(p, "\"%s\" must be a number", v->string);
    if (type == TYPE_INTEGER)
        return is_integer(v) || wrong(p, "\"%s\" must be a whole number", v->string);
    return (is_integer(v) && v->valuedouble >= 0) ||
           wrong(p, "\"%s\" must be a whole number from 0", v->string);
}

static bool enum_ok(const cJSON *v, int type, struct place *p)
{
    if (!cJSON_IsArray(v) || !v->child)
        return wrong(p, "\"enum\" is a list of the allowed values");
    for (const cJSON *e = v->child; e; e = e->next) {
        if (!has_type((enum type)type, e))
            return wrong(p, "\"enum\" has a value that is no %s", type_names[type]);
    }
    return true;
}

static bool fields_ok(const cJSON *v, int type, struct place *p)
{
    if (type != TYPE_OBJECT)
        return wrong(p, "\"fields\" goes with type \"object\" only");
    return rules_ok(v, p);
}

static bool items_ok(const cJSON *v, int type, struct place *p)
{
    if (type != TYPE_ARRAY)
        return wrong(p, "\"items\" goes with type \"array\" only");
    if (p->depth == DEPTH_MAX)
        return wrong(p, "nested deeper than %d", DEPTH_MAX);
    size_t before = enter(p, ".items");
    if (!rule_ok(v, p))
        return false;
    leave(p, before);
    return true;
}

static bool pattern_ok(const cJSON *v, int type, struct place *p)
{
    (void)v;
    (void)type;
    return wrong(p, "\"pattern\" is not supported yet");
}

static const struct {
    const char *name;
    bool (*ok)(const cJSON *v, int type, struct place *p); /* NULL: checked before the others */
} keys[] = {
    {"type", NULL},    {"optional", optional_ok}, {"min", bound_ok},   {"max", bound_ok},
    {"enum", enum_ok}, {"fields", fields_ok},     {"items", items_ok}, {"pattern", pattern_ok},
};

static bool key_ok(const cJSON *v, int type, struct place *p)
{
    const char *names[ARRAY_LEN(keys) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].name, v->string) == 0)
            return !keys[i].ok || keys[i].ok(v, type, p);
        names[i] = keys[i].name;
    }
    const char *near = text_nearest(text_of(v->string), names);
    if (near)
        return wrong(p, "unknown key \"%.40s\", did you mean \"%s\"?", v->string, near);
    return wrong(p, "unknown key \"%.40s\"", v->string);
}

static bool type_ok(const cJSON *rule, struct place *p)
{
    const cJSON *name = cJSON_IsString(rule) ? rule : json_get(rule, "type");
    if (!name)
        return wrong(p, "\"type\" is missing");
    if (!cJSON_IsString(name))
        return wrong(p, "\"type\" must be a string such as \"number\"");
    if (type_of(rule) >= 0)
        return true;
    const char *near = text_nearest(text_of(name->valuestring), type_names);
    if (near)
        return wrong(p, "unknown type \"%.40s\", did you mean \"%s\"?", name->valuestring, near);
    return wrong(p, "unknown type \"%.40s\"", name->valuestring);
}

static bool rule_ok(const cJSON *rule, struct place *p)
{
    if (!cJSON_IsString(rule) && !cJSON_IsObject(rule))
        return wrong(p,
                     "a type such as \"string\" or a table such as {type = \"string\"} is needed");
    if (!type_ok(rule, p))
        return false;
    int type = type_of(rule);
    for (const cJSON *v = rule->child; v; v = v->next) {
        if (!key_ok(v, type, p))
            return false;
    }
    const cJSON *min = json_get(rule, "min"), *max = json_get(rule, "max");
    if (min && max && min->valuedouble > max->valuedouble)
        return wrong(p, "\"min\" is more than \"max\"");
    return true;
}

bool schema_ok(const cJSON *schema, struct error *err)
{
    struct place p = {.text = "input", .len = strlen("input"), .err = err};
    return rules_ok(schema, &p);
}

/* ---- a body */

/* RFC 6901: "~" and "/" of a name are escaped. */
static size_t enter_name(struct place *p, const char *name)
{
    size_t before = p->len;
    p->depth++;
    if (p->len + 1 < sizeof p->text)
        p->text[p->len++] = '/';
    for (; *name && p->len + 2 < sizeof p->text; name++) {
        if (*name == '~' || *name == '/') {
            p->text[p->len++] = '~';
            p->text[p->len++] = *name == '~' ? '0' : '1';
        } else {
            p->text[p->len++] = *name;
        }
    }
    if (*name)
        p->len = text_utf8_whole((struct text){p->text, p->len});
    p->text[p->len] = '\0';
    return before;
}

/* The sentence "/note must have at most 3 characters". */
static bool refuse(struct place *p, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse(struct place *p, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(p->err, ERROR_INVALID, "%s %s", p->len ? p->text : "the body", text);
}

static const char *with_article(enum type type)
{
    static const char *const names[] = {"a string",  "a number", "a whole number", "true or false",
                                        "an object", "an array", "a value"};
    return names[type];
}

static size_t count(const cJSON *array)
{
    size_t n = 0;
    for (const cJSON *e = array->child; e; e = e->next)
        n++;
    return n;
}

static bool check_bound(enum type type, const cJSON *bound, const cJSON *v, bool lower,
                        struct place *p)
{
    static const char *const sides[] = {"most", "least"};
    if (!bound)
        return true;
    double size = v->valuedouble;
    if (type == TYPE_STRING)
        size = (double)text_utf8_count(text_of(v->valuestring));
    else if (type == TYPE_ARRAY)
        size = (double)count(v);
    if (lower ? size >= bound->valuedouble : size <= bound->valuedouble)
        return true;
    struct buf number;
    buf_init(&number, 64);
    json_put_number(&number, bound->valuedouble);
    const char *unit = bound->valuedouble == 1 ? "" : "s";
    if (type == TYPE_STRING)
        refuse(p, "must have at %s %s character%s", sides[lower], number.data, unit);
    else if (type == TYPE_ARRAY)
        refuse(p, "must have at %s %s element%s", sides[lower], number.data, unit);
    else
        refuse(p, "must be at %s %s", sides[lower], number.data);
    buf_done(&number);
    return false;
}

static bool check_enum(const cJSON *allowed, const cJSON *v, struct place *p)
{
    if (!allowed)
        return true;
    struct buf list;
    buf_init(&list, ENUM_SHOWN);
    size_t shown = 0; /* only values that fit in whole */
    bool found = false;
    for (const cJSON *e = allowed->child; e && !found; e = e->next) {
        found = json_equal(e, v);
        buf_str(&list, shown ? ", " : "");
        json_put_tree(&list, e);
        if (!list.full)
            shown = list.len;
    }
    if (!found && shown)
        refuse(p, "must be one of %.*s", (int)shown, list.data);
    else if (!found)
        refuse(p, "must be one of the listed values");
    buf_done(&list);
    return found;
}

static bool check_fields(const cJSON *rules, const cJSON *body, struct place *p);

static bool check_value(const cJSON *rule, const cJSON *v, struct place *p)
{
    enum type type = (enum type)type_of(rule);
    if (!has_type(type, v))
        return refuse(p, "must be %s", with_article(type));
    if (is_measured(type) && (!check_bound(type, json_get(rule, "min"), v, true, p) ||
                              !check_bound(type, json_get(rule, "max"), v, false, p)))
        return false;
    if (!check_enum(json_get(rule, "enum"), v, p))
        return false;
    const cJSON *fields = json_get(rule, "fields"), *items = json_get(rule, "items");
    if (fields)
        return check_fields(fields, v, p);
    if (!items)
        return true;
    int index = 0;
    for (const cJSON *e = v->child; e; e = e->next, index++) {
        size_t before = enter(p, "/%d", index);
        if (!check_value(items, e, p))
            return false;
        leave(p, before);
    }
    return true;
}

static bool check_fields(const cJSON *rules, const cJSON *body, struct place *p)
{
    for (const cJSON *rule = rules->child; rule; rule = rule->next) {
        const cJSON *v = json_get(body, rule->string);
        bool optional = json_bool(rule, "optional", false);
        if (optional && (!v || cJSON_IsNull(v)))
            continue;
        size_t before = enter_name(p, rule->string);
        if (!v)
            return refuse(p, "is missing");
        if (!check_value(rule, v, p))
            return false;
        leave(p, before);
    }
    return true;
}

bool schema_check(const cJSON *schema, const cJSON *body, char *field, size_t cap,
                  struct error *err)
{
    struct place p = {.err = err};
    if (field && cap)
        field[0] = '\0';
    if (!schema)
        return true;
    if (body && !cJSON_IsObject(body))
        return refuse(&p, "must be an object");
    if (check_fields(schema, body, &p))
        return true;
    if (field && cap) {
        snprintf(field, cap, "%s", p.text);
        field[text_utf8_whole(text_of(field))] = '\0';
    }
    return false;
}
