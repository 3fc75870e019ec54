/* SPDX-License-Identifier: MIT */
#include "domain/schema/schema.h"

#include "domain/schema/schema_rule.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 160 }; /* bytes of an enum or a pattern */

/* ---- types */

bool schema_is_integer(const cJSON *v)
{
    int64_t value;
    return json_int64(v, &value);
}

bool schema_has_type(enum schema_type type, const cJSON *v)
{
    switch (type) {
    case TYPE_STRING:
        return cJSON_IsString(v);
    case TYPE_NUMBER:
        return cJSON_IsNumber(v);
    case TYPE_INTEGER:
        return schema_is_integer(v);
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

bool schema_is_measured(enum schema_type type)
{
    return type == TYPE_STRING || type == TYPE_NUMBER || type == TYPE_INTEGER || type == TYPE_ARRAY;
}

/* ---- places */

size_t schema_enter(struct schema_place *p, const char *format, ...)
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

void schema_leave(struct schema_place *p, size_t before)
{
    p->len = before;
    p->text[before] = '\0';
    p->depth--;
}

/* ---- a body */

/* RFC 6901: "~" and "/" of a name are escaped. */
static size_t enter_name(struct schema_place *p, const char *name)
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
static bool refuse(struct schema_place *p, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse(struct schema_place *p, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(p->err, ERROR_INVALID, "%s %s", p->len ? p->text : "the body", text);
}

static const char *with_article(enum schema_type type, const cJSON *v)
{
    bool wide = cJSON_IsNumber(v) && v->valuestring && !strpbrk(v->valuestring, ".eE");
    if (type == TYPE_INTEGER && wide)
        return "a whole number within 64 bits";
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

static bool check_bound(enum schema_type type, const cJSON *bound, const cJSON *v, bool lower,
                        struct schema_place *p)
{
    static const char *const sides[] = {"most", "least"};
    if (!bound)
        return true;
    cJSON size = {.type = cJSON_Number};
    if (type == TYPE_STRING)
        size.valuedouble = (double)text_utf8_count(text_of(v->valuestring));
    else if (type == TYPE_ARRAY)
        size.valuedouble = (double)count(v);
    int order = json_compare_numbers(cJSON_IsNumber(v) ? v : &size, bound);
    if (lower ? order >= 0 : order <= 0)
        return true;
    struct buf number;
    buf_init(&number, 64);
    json_put_tree(&number, bound);
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

static bool check_enum(const cJSON *allowed, const cJSON *v, struct schema_place *p)
{
    if (!allowed)
        return true;
    struct buf list;
    buf_init(&list, SHOWN);
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

static bool check_pattern(const struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    struct text pattern = text_of(r->pattern), shown = pattern;
    if (pattern.len > SHOWN)
        shown.len = text_utf8_whole((struct text){pattern.data, SHOWN});
    const char *cut = shown.len < pattern.len ? "..." : "";
    switch (regex_match(r->regex, text_of(v->valuestring), &p->steps)) {
    case REGEX_YES:
        return true;
    case REGEX_NO:
        return refuse(p, "must match the pattern %.*s%s", (int)shown.len, shown.data, cut);
    case REGEX_TOO_LONG:
        return refuse(p, "must have at most %d bytes: it has a pattern", REGEX_SUBJECT);
    default:
        return refuse(p, "takes more than the %d steps that patterns may take for one body",
                      SCHEMA_STEPS);
    }
}

static bool check_text(const struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (r->format && !r->format->ok(text_of(v->valuestring)))
        return refuse(p, "must be %s (format %s)", r->format->what, r->format->name);
    return !r->regex || check_pattern(r, v, p);
}

static bool check_fields(const struct schema_rule *r, const cJSON *body, struct schema_place *p);

static bool check_value(const struct schema_rule *r, const cJSON *v, struct schema_place *p)
{
    if (!schema_has_type(r->type, v))
        return refuse(p, "must be %s", with_article(r->type, v));
    if (!check_bound(r->type, r->min, v, true, p) || !check_bound(r->type, r->max, v, false, p))
        return false;
    if (!check_enum(r->values, v, p) || !check_text(r, v, p))
        return false;
    if (r->fields)
        return check_fields(r, v, p);
    if (!r->items)
        return true;
    int index = 0;
    for (const cJSON *e = v->child; e; e = e->next, index++) {
        if (r->items->optional && cJSON_IsNull(e))
            continue;
        size_t before = schema_enter(p, "/%d", index);
        if (!check_value(r->items, e, p))
            return false;
        schema_leave(p, before);
    }
    return true;
}

static bool check_fields(const struct schema_rule *r, const cJSON *body, struct schema_place *p)
{
    for (size_t i = 0; i < r->field_count; i++) {
        const struct schema_rule *field = &r->fields[i];
        const cJSON *v = json_get(body, field->name);
        if (field->optional && (!v || cJSON_IsNull(v)))
            continue;
        size_t before = enter_name(p, field->name);
        if (!v)
            return refuse(p, "is missing");
        if (!check_value(field, v, p))
            return false;
        schema_leave(p, before);
    }
    return true;
}

bool schema_check(const struct schema *schema, const cJSON *body, char *field, size_t cap,
                  struct error *err)
{
    struct schema_place p = {.err = err, .steps = SCHEMA_STEPS};
    if (field && cap)
        field[0] = '\0';
    if (!schema)
        return true;
    if (body && !cJSON_IsObject(body))
        return refuse(&p, "must be an object");
    if (check_fields(schema_root(schema), body, &p))
        return true;
    if (field && cap) {
        snprintf(field, cap, "%s", p.text);
        field[text_utf8_whole(text_of(field))] = '\0';
    }
    return false;
}
