/* SPDX-License-Identifier: MIT */
#include "runner/lib/template_parse.h"

#include "runner/lib/lua_buf.h"
#include "runner/lib/lua_json.h"

#include <stdio.h>
#include <string.h>

/* ---- paths */

/* The item of the list at idx that a name such as "0" means; pushes it or nil. */
static void push_item(lua_State *L, int idx, struct text name)
{
    uint64_t n;
    if (text_u64(name, &n) && n < INT32_MAX)
        lua_rawgeti(L, idx, (lua_Integer)n + 1);
    else
        lua_pushnil(L);
}

/* Pushes what the value at idx has under that name, or nil. */
static void push_child(lua_State *L, int idx, struct text name)
{
    idx = lua_absindex(L, idx);
    if (!lua_istable(L, idx)) {
        lua_pushnil(L);
        return;
    }
    lua_pushlstring(L, name.data, name.len);
    if (lua_rawget(L, idx) == LUA_TNIL) {
        lua_pop(L, 1);
        push_item(L, idx, name);
    }
    lua_json_see_through(L);
}

/* The innermost scope that knows the name wins. */
static void push_name(lua_State *L, const struct template_scope *scope, struct text name)
{
    for (; scope; scope = scope->outer) {
        push_child(L, scope->value, name);
        if (!lua_isnil(L, -1) || !scope->outer)
            return;
        lua_pop(L, 1);
    }
}

/* "@index" and "@number". */
static bool push_place(struct template *t, const struct template_scope *scope, struct text name)
{
    static const char *const known[] = {"@index", "@number", NULL};
    bool number = text_is(name, known[1]);
    if (!number && !text_is(name, known[0]))
        return template_unknown(t, "name", name, known);
    if (!scope->outer)
        return template_refuse(t, name.data, "%s outside of {{#each}}", known[number]);
    lua_pushinteger(t->L, scope->index + number);
    return true;
}

static bool push_first(struct template *t, const struct template_scope *scope, struct text name)
{
    if (name.data[0] == '@')
        return push_place(t, scope, name);
    if (text_is(name, "this"))
        lua_pushvalue(t->L, scope->value);
    else
        push_name(t->L, scope, name);
    return true;
}

bool template_path(struct template *t, const struct template_scope *scope, bool live)
{
    struct text name = template_word(t);
    if (name.len == 0)
        return template_unexpected(t, "a name such as customer.tier");
    if (!push_first(t, scope, name))
        return false;
    while (t->at < t->end && *t->at == '.') {
        t->at++;
        name = template_word(t);
        if (name.len == 0)
            return template_unexpected(t, "a name behind the dot");
        push_child(t->L, -1, name);
        lua_remove(t->L, -2);
    }
    if (!live) {
        lua_pop(t->L, 1);
        lua_pushnil(t->L);
    }
    return true;
}

/* ---- filters: each takes the value on top of the stack and leaves another */

/* t->at stands on the opening quote. Pushes the text. */
static bool push_literal(struct template *t)
{
    char decoded[TEMPLATE_LITERAL];
    size_t len = 0;
    const char *opening = t->at++;
    for (; t->at < t->end && *t->at != '"'; t->at++) {
        char c = *t->at;
        if (c == '\\' && t->end - t->at > 1) {
            c = *++t->at;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        if (len == sizeof decoded)
            return template_refuse(t, opening, "a text in quotes is longer than %d bytes",
                                   TEMPLATE_LITERAL);
        decoded[len++] = c;
    }
    if (t->at == t->end)
        return template_refuse(t, opening, "a text in quotes does not end");
    t->at++;
    if (memchr(decoded, '\0', len) || !text_utf8_ok((struct text){decoded, len}))
        return template_refuse(t, opening, "a text in quotes is not UTF-8, or has a NUL byte");
    lua_pushlstring(t->L, decoded, len);
    return true;
}

static bool fill_json(lua_State *L, const void *arg, struct buf *out, struct error *err)
{
    return lua_json_write(L, *(const int *)arg, out, "value", err);
}

static bool filter_json(struct template *t)
{
    int value = lua_gettop(t->L);
    if (!lua_buf_push(t->L, TEMPLATE_FILTERED, fill_json, &value, t->err))
        return template_refuse(t, t->at, "%s", t->err ? t->err->text : "");
    lua_replace(t->L, value);
    return true;
}

static bool is_blank_value(lua_State *L, int idx)
{
    return lua_json_is_null(L, idx) || (lua_type(L, idx) == LUA_TSTRING && lua_rawlen(L, idx) == 0);
}

/* The argument is on top, the value below it. */
static bool filter_default(struct template *t)
{
    if (is_blank_value(t->L, -2))
        lua_replace(t->L, -2);
    else
        lua_pop(t->L, 1);
    return true;
}

struct filter_row {
    bool argument;
    bool (*apply)(struct template *t);
};

static const char *const filter_names[] = {"json", "default", NULL};
static const struct filter_row filters[] = {{false, filter_json}, {true, filter_default}};

static const struct filter_row *find_filter(struct text name)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (text_is(name, filter_names[i]))
            return &filters[i];
    }
    return NULL;
}

/* Pushes the argument of a filter that has one. */
static bool read_argument(struct template *t, const struct filter_row *filter, struct text name)
{
    template_skip_blanks(t);
    bool given = t->at < t->end && *t->at == ':';
    if (given != filter->argument)
        return template_refuse(t, name.data,
                               given ? "filter %.*s takes no value"
                                     : "filter %.*s wants a text in quotes: %.*s:\"…\"",
                               (int)name.len, name.data, (int)name.len, name.data);
    if (!given)
        return true;
    t->at++;
    template_skip_blanks(t);
    if (t->at == t->end || *t->at != '"')
        return template_unexpected(t, "a text in quotes");
    return push_literal(t);
}

/* t->at stands behind the '|'. */
static bool apply_filter(struct template *t, bool live)
{
    template_skip_blanks(t);
    struct text name = template_word(t);
    if (name.len == 0)
        return template_unexpected(t, "a filter");
    const struct filter_row *filter = find_filter(name);
    if (!filter)
        return template_unknown(t, "filter", name, filter_names);
    if (!read_argument(t, filter, name))
        return false;
    if (live)
        return filter->apply(t);
    lua_pop(t->L, filter->argument);
    return true;
}

/* ---- values */

static bool put_value(struct template *t, const char *opening, struct text source)
{
    if (lua_type(t->L, -1) == LUA_TSTRING) {
        struct text value;
        value.data = lua_tolstring(t->L, -1, &value.len);
        if (value.len > 0)
            buf_text(t->out, value);
        return true;
    }
    if (lua_json_is_null(t->L, -1))
        return true;
    char what[64];
    snprintf(what, sizeof what, "%.*s", (int)source.len, source.data);
    if (lua_json_write(t->L, -1, t->out, what, t->err))
        return true;
    return template_refuse(t, opening, "%s", t->err ? t->err->text : "");
}

bool template_value(struct template *t, const struct template_scope *scope, bool live)
{
    template_skip_blanks(t);
    const char *opening = t->at;
    bool literal = t->at < t->end && *t->at == '"';
    if (literal ? !push_literal(t) : !template_path(t, scope, live))
        return false;
    struct text source = {opening, (size_t)(t->at - opening)};
    int filtered = 0; /* each json can double a text: a long chain would take long to end */
    for (template_skip_blanks(t); t->at < t->end && *t->at == '|'; template_skip_blanks(t)) {
        if (filtered++ == TEMPLATE_FILTERS)
            return template_refuse(t, t->at, "more than %d filters", TEMPLATE_FILTERS);
        t->at++;
        if (!apply_filter(t, live))
            return false;
    }
    if (!template_close(t) || (live && !put_value(t, opening, source)))
        return false;
    lua_pop(t->L, 1);
    return true;
}
