/* SPDX-License-Identifier: MIT */
/* Nothing of the script runs here: access is raw, keys are sorted, and all that a table can do to
 * the writer (depth, cycles, holes, sharing that multiplies) meets a limit. */
#include "base/json.h"
#include "runner/lib/lib.h"
#include "runner/lib/lua_json.h"
#include "runner/vm/vm.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_ON_STACK = 24, SLOTS_NEEDED = 8 };

/* The way from the root to a value, for messages; lives in the frames of the recursion. */
struct level {
    const struct level *outer;
    struct text key;   /* of an object's member */
    lua_Integer index; /* of an array's item, from 1 */
};

struct writer {
    lua_State *L;
    struct buf *out;
    const char *what;
    struct error *err;
    unsigned nodes;
};

static bool is_identifier(struct text key)
{
    if (key.len == 0 || key.len > LUA_JSON_KEY_SHOWN || (key.data[0] >= '0' && key.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.data[i], folded = c | 0x20;
        if (!(folded >= 'a' && folded <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

static void put_level(struct buf *path, const struct level *at)
{
    if (!at->key.data) {
        buf_printf(path, "[%lld]", (long long)at->index);
    } else if (is_identifier(at->key)) {
        buf_char(path, '.');
        buf_text(path, at->key);
    } else {
        struct text key = at->key;
        bool cut = key.len > LUA_JSON_KEY_SHOWN;
        if (cut)
            key.len = LUA_JSON_KEY_SHOWN;
        buf_char(path, '[');
        json_put_string(path, key);
        buf_str(path, cut ? "...]" : "]");
    }
}

/* "result.items[3].f". A deep path keeps its end, which is what one looks for. */
static void put_path(struct buf *path, const char *what, const struct level *at)
{
    const struct level *levels[LUA_JSON_DEPTH + 2];
    size_t count = 0;
    for (; at && count < ARRAY_LEN(levels); at = at->outer)
        levels[count++] = at;
    buf_str(path, what);
    if (count > 12) {
        buf_str(path, "...");
        count = 8;
    }
    while (count > 0)
        put_level(path, levels[--count]);
}

/* "result.f: a function cannot be written as JSON". Always false. */
static bool refuse(struct writer *w, const struct level *at, const char *why)
{
    char memory[LUA_JSON_ERROR_SHOWN + 1]; /* no malloc: the caller may be a script's call */
    struct buf path = {.data = memory, .cap = sizeof memory, .max = LUA_JSON_ERROR_SHOWN};
    put_path(&path, w->what, at);
    return error_set(w->err, ERROR_INVALID, "%.*s: %s", (int)path.len, memory, why);
}

static bool write_value(struct writer *w, const struct level *at, int depth);

static bool write_array(struct writer *w, const struct level *at, int depth, size_t count)
{
    int table = lua_gettop(w->L);
    buf_char(w->out, '[');
    for (size_t i = 1; i <= count && !w->out->full; i++) {
        if (i > 1)
            buf_char(w->out, ',');
        lua_rawgeti(w->L, table, (lua_Integer)i);
        struct level item = {.outer = at, .index = (lua_Integer)i};
        if (!write_value(w, &item, depth + 1))
            return false;
        lua_pop(w->L, 1);
    }
    buf_char(w->out, ']');
    return true;
}

static bool key_less(struct text a, struct text b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.data, b.data, common);
    return order < 0 || (order == 0 && a.len < b.len);
}

static void sift_down(struct text *keys, size_t root, size_t count)
{
    struct text key = keys[root];
    for (size_t child; (child = root * 2 + 1) < count; root = child) {
        if (child + 1 < count && key_less(keys[child], keys[child + 1]))
            child++;
        if (!key_less(key, keys[child]))
            break;
        keys[root] = keys[child];
    }
    keys[root] = key;
}

/* Heap sort. Not qsort: above 1 KiB glibc's asks the kernel for the size of memory, which the
 * runner's seccomp filter answers with death, and mallocs. */
static void sort_keys(lua_State *L, struct text *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(keys, i, count);
    for (size_t i = count; i-- > 1;) {
        if (i % LUA_JSON_POLL == 0)
            vm_poll(L);
        struct text largest = keys[0];
        keys[0] = keys[i];
        keys[i] = largest;
        sift_down(keys, 0, i);
    }
}

/* The names of the table on top, sorted. They stay valid: the table holds the strings, and nothing
 * changes it meanwhile. */
static void collect_keys(lua_State *L, int table, struct text *keys, size_t count)
{
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        keys[i].data = lua_tolstring(L, -2, &keys[i].len);
        if (++i % LUA_JSON_POLL == 0)
            vm_poll(L);
    }
    sort_keys(L, keys, count);
}

static void put_plain(struct buf *out, struct text value)
{
    if (!buf_reserve(out, value.len + 2))
        return;
    char *to = out->data + out->len;
    to[0] = '"';
    memcpy(to + 1, value.data, value.len);
    to[value.len + 1] = '"';
    to[value.len + 2] = '\0';
    out->len += value.len + 2;
}

/* Strings are bytes in Lua, characters in JSON. NUL is refused since every reader of ours does. */
static bool write_string(struct writer *w, const struct level *at, struct text value)
{
    const char *end = value.data + value.len;
    if (text_json_plain(value.data, end) == end) {
        put_plain(w->out, value);
        return true;
    }
    if (memchr(value.data, '\0', value.len))
        return refuse(w, at, "a string with a NUL byte cannot be written as JSON");
    if (!text_utf8_ok(value))
        return refuse(w, at, "a string that is not UTF-8 cannot be written as JSON");
    json_put_string(w->out, value);
    return true;
}

static bool write_members(struct writer *w, const struct level *at, int depth,
                          const struct text *keys, size_t count)
{
    int table = lua_gettop(w->L) - 1; /* the userdata (or nil) of the keys is above it */
    for (size_t i = 0; i < count && !w->out->full; i++) {
        buf_char(w->out, i ? ',' : '{');
        struct level member = {.outer = at, .key = keys[i]};
        if (!write_string(w, &member, keys[i]))
            return false;
        buf_char(w->out, ':');
        lua_pushlstring(w->L, keys[i].data, keys[i].len);
        lua_rawget(w->L, table);
        if (!write_value(w, &member, depth + 1))
            return false;
        lua_pop(w->L, 1);
    }
    buf_char(w->out, '}');
    return true;
}

static bool write_object(struct writer *w, const struct level *at, int depth, size_t count)
{
    struct text on_stack[KEYS_ON_STACK], *keys = on_stack;
    int table = lua_gettop(w->L);
    if (count > KEYS_ON_STACK)
        keys = lua_newuserdatauv(w->L, count * sizeof *keys, 0);
    else
        lua_pushnil(w->L);
    collect_keys(w->L, table, keys, count);
    if (!write_members(w, at, depth, keys, count))
        return false;
    lua_settop(w->L, table);
    return true;
}

static bool write_table(struct writer *w, const struct level *at, int depth)
{
    if (depth == LUA_JSON_DEPTH)
        return refuse(w, at, "deeper than 64 levels: does a table contain itself?");
    if (!lua_checkstack(w->L, SLOTS_NEEDED))
        return refuse(w, at, "no stack left to write it as JSON");
    size_t count = 0;
    lua_json_see_through(w->L);
    switch (lua_json_shape(w->L, -1, &count)) {
    case LUA_JSON_EMPTY:
        buf_str(w->out, lua_json_is_marked(w->L, -1) ? "[]" : "{}");
        return true;
    case LUA_JSON_ARRAY:
        return write_array(w, at, depth, count);
    case LUA_JSON_OBJECT:
        return write_object(w, at, depth, count);
    case LUA_JSON_HOLES:
        return refuse(w, at, "a list with holes cannot be written as JSON (put json.null in them)");
    case LUA_JSON_MIXED:
        return refuse(w, at, "a table with both numbered and named keys cannot be written as JSON");
    case LUA_JSON_KEYS:
        break;
    }
    return refuse(w, at, "keys must be strings, or 1, 2, 3, … to be written as JSON");
}

static bool write_number(struct writer *w, const struct level *at)
{
    if (lua_isinteger(w->L, -1)) {
        buf_int(w->out, lua_tointeger(w->L, -1));
        return true;
    }
    lua_Integer whole;
    double value = lua_tonumber(w->L, -1);
    if (!isfinite(value))
        return refuse(w, at,
                      isnan(value) ? "not a number (nan) cannot be written as JSON"
                                   : "an infinite number cannot be written as JSON");
    /* Without point and exponent it is read back as an integer: so it has all of its digits. */
    if (lua_numbertointeger(value, &whole) && (lua_Number)whole == value)
        buf_int(w->out, whole);
    else
        json_put_number(w->out, value);
    return true;
}

static bool refuse_type(struct writer *w, const struct level *at)
{
    char why[64];
    bool named = lua_type(w->L, -1) == LUA_TUSERDATA && /* "secret" says more than "userdata" */
                 luaL_getmetafield(w->L, -1, "__name") == LUA_TSTRING;
    const char *type = named ? lua_tostring(w->L, -1) : luaL_typename(w->L, -1);
    snprintf(why, sizeof why, "a %s cannot be written as JSON", type);
    return refuse(w, at, why);
}

/* The value on top of the stack, which stays there (or what it is a view of) unless this fails. */
static bool write_value(struct writer *w, const struct level *at, int depth)
{
    if (++w->nodes % LUA_JSON_POLL == 0)
        vm_poll(w->L);
    if (w->nodes > LUA_JSON_NODES)
        return refuse(w, at, "too many values (more than 262144) to be written as JSON");
    switch (lua_type(w->L, -1)) {
    case LUA_TNIL:
        buf_str(w->out, "null");
        return true;
    case LUA_TBOOLEAN:
        buf_str(w->out, lua_toboolean(w->L, -1) ? "true" : "false");
        return true;
    case LUA_TNUMBER:
        return write_number(w, at);
    case LUA_TSTRING: {
        struct text value;
        value.data = lua_tolstring(w->L, -1, &value.len);
        return write_string(w, at, value);
    }
    case LUA_TTABLE:
        return write_table(w, at, depth);
    default:
        if (!lua_json_is_null(w->L, -1))
            return refuse_type(w, at);
        buf_str(w->out, "null");
        return true;
    }
}

bool lua_json_write(lua_State *L, int idx, struct buf *out, const char *what, struct error *err)
{
    int top = lua_gettop(L);
    struct writer w = {.L = L, .out = out, .what = what, .err = err};
    idx = lua_absindex(L, idx);
    if (!lua_checkstack(L, SLOTS_NEEDED))
        return refuse(&w, NULL, "no stack left to write it as JSON");
    lua_pushvalue(L, idx);
    bool ok = write_value(&w, NULL, 0);
    lua_settop(L, top);
    return ok;
}
