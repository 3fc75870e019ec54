/* SPDX-License-Identifier: MIT */
/* Values wait on the Lua stack until their table can be made in the right size: growing a table one
 * by one costs more than the parsing. */
#include "runner/lib/lib.h"
#include "runner/lib/lua_json.h"
#include "runner/lib/lua_json_scan.h"
#include "runner/vm/vm.h"

#include <string.h>

enum {
    MEMBERS_WAITING = 16, /* name and value each a stack slot */
    ITEMS_WAITING = 32,
    SLOTS_NEEDED = 48
};

/* One object or array being read. */
struct container {
    int table;   /* stack index: nil until the first values move in */
    int waiting; /* values, or pairs, above it */
    lua_Integer moved;
};

static bool parse_value(struct lua_json_scan *s);

static void skip_blanks(struct lua_json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static bool enter(struct lua_json_scan *s, struct container *c)
{
    if (s->depth == s->max_depth)
        return error_set(s->err, ERROR_LIMIT, "byte %zu: nested deeper than %d levels",
                         (size_t)(s->at - s->start), s->max_depth);
    if (!lua_checkstack(s->L, SLOTS_NEEDED))
        return error_set(s->err, ERROR_LIMIT, "byte %zu: no stack left for what is nested here",
                         (size_t)(s->at - s->start));
    s->depth++;
    s->at++;
    skip_blanks(s);
    lua_pushnil(s->L);
    *c = (struct container){.table = lua_gettop(s->L)};
    return true;
}

static void leave_empty(struct lua_json_scan *s, const struct container *c)
{
    s->at++;
    s->depth--;
    lua_createtable(s->L, 0, 0);
    lua_replace(s->L, c->table);
}

/* Behind a value: ',' and the next one, or the closing bracket. */
static bool next_element(struct lua_json_scan *s, char closing, const char *wanted, bool *more)
{
    skip_blanks(s);
    if (s->at == s->end || (*s->at != ',' && *s->at != closing))
        return lua_json_scan_unexpected(s, wanted);
    *more = *s->at++ == ',';
    if (*more)
        skip_blanks(s);
    else
        s->depth--;
    return true;
}

static void move_items(lua_State *L, struct container *c)
{
    if (c->moved == 0) {
        lua_createtable(L, c->waiting, 0);
        lua_replace(L, c->table);
    }
    for (int i = 1; i <= c->waiting; i++) {
        lua_pushvalue(L, c->table + i);
        lua_rawseti(L, c->table, c->moved + i);
    }
    lua_settop(L, c->table);
    c->moved += c->waiting;
    c->waiting = 0;
}

static bool parse_array(struct lua_json_scan *s)
{
    struct container c = {0};
    if (!enter(s, &c))
        return false;
    if (s->at < s->end && *s->at == ']') {
        leave_empty(s, &c);
        lua_json_mark_array(s->L, c.table);
        return true;
    }
    for (bool more = true; more;) {
        if (!parse_value(s) || !next_element(s, ']', "',' or ']'", &more))
            return false;
        if (++c.waiting == ITEMS_WAITING || !more)
            move_items(s->L, &c);
    }
    return true;
}

static void move_members(lua_State *L, struct container *c)
{
    if (c->moved == 0) {
        lua_createtable(L, 0, c->waiting);
        lua_replace(L, c->table);
    }
    c->moved += c->waiting;
    for (; c->waiting > 0; c->waiting--)
        lua_rawset(L, c->table);
}

/* Whether the name on top of the stack is already one of the object's. */
static bool is_repeated(lua_State *L, const struct container *c, const struct text *names)
{
    struct text name = names[c->waiting];
    for (int i = 0; i < c->waiting; i++) {
        if (names[i].len == name.len && memcmp(names[i].data, name.data, name.len) == 0)
            return true;
    }
    if (c->moved == 0)
        return false;
    lua_pushvalue(L, -1);
    bool found = lua_rawget(L, c->table) != LUA_TNIL;
    lua_pop(L, 1);
    return found;
}

/* Escapes are shown decoded, so control characters are replaced. */
static bool refuse_repeated(struct lua_json_scan *s, const char *opening, struct text name)
{
    char shown[LUA_JSON_KEY_SHOWN + 4];
    size_t len = 0;
    while (len < name.len) {
        size_t step = text_utf8_step((struct text){name.data + len, name.len - len});
        if (len + step > LUA_JSON_KEY_SHOWN)
            break;
        memcpy(shown + len, name.data + len, step);
        if (step == 1 && (unsigned char)shown[len] < 0x20)
            shown[len] = '?';
        len += step;
    }
    memcpy(shown + len, len < name.len ? "..." : "", len < name.len ? 4 : 1);
    return error_set(s->err, ERROR_INVALID, "byte %zu: name \"%s\" is repeated",
                     (size_t)(opening - s->start), shown);
}

static bool parse_member(struct lua_json_scan *s, struct container *c, struct text *names)
{
    if (s->at == s->end || *s->at != '"')
        return lua_json_scan_unexpected(s, "a name in quotes");
    const char *opening = s->at;
    if (!lua_json_scan_string(s, &names[c->waiting]))
        return false;
    if (is_repeated(s->L, c, names))
        return refuse_repeated(s, opening, names[c->waiting]);
    skip_blanks(s);
    if (s->at == s->end || *s->at != ':')
        return lua_json_scan_unexpected(s, "':'");
    s->at++;
    skip_blanks(s);
    return parse_value(s);
}

static bool parse_object(struct lua_json_scan *s)
{
    struct container c = {0};
    struct text names[MEMBERS_WAITING]; /* borrowed from the strings on the stack */
    if (!enter(s, &c))
        return false;
    if (s->at < s->end && *s->at == '}') {
        leave_empty(s, &c);
        return true;
    }
    for (bool more = true; more;) {
        if (!parse_member(s, &c, names) || !next_element(s, '}', "',' or '}'", &more))
            return false;
        if (++c.waiting == MEMBERS_WAITING || !more)
            move_members(s->L, &c);
    }
    return true;
}

static void push_null(struct lua_json_scan *s)
{
    if (s->null_named)
        lua_pushlightuserdata(s->L, NULL);
    else
        lua_json_push_null(s->L);
    s->null_named = true;
}

static bool parse_word(struct lua_json_scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(s->end - s->at) < len || memcmp(s->at, words[i], len) != 0)
            continue;
        s->at += len;
        if (i == 2)
            push_null(s);
        else
            lua_pushboolean(s->L, i == 0);
        return true;
    }
    return lua_json_scan_unexpected(s, "a value");
}

static bool count_node(struct lua_json_scan *s)
{
    if (++s->nodes % LUA_JSON_POLL == 0)
        vm_poll(s->L);
    return s->nodes <= s->max_nodes ||
           error_set(s->err, ERROR_LIMIT, "byte %zu: more than %u values",
                     (size_t)(s->at - s->start), s->max_nodes);
}

static bool parse_value(struct lua_json_scan *s)
{
    if (!count_node(s))
        return false;
    switch (s->at < s->end ? *s->at : 0) {
    case '{':
        return parse_object(s);
    case '[':
        return parse_array(s);
    case '"':
        return lua_json_scan_string(s, NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return lua_json_scan_number(s);
    default:
        return parse_word(s);
    }
}

static bool parse_document(struct lua_json_scan *s)
{
    if (s->end - s->at >= 3 && memcmp(s->at, "\xef\xbb\xbf", 3) == 0)
        return lua_json_scan_refuse(s, s->at, "a byte order mark stands in front");
    skip_blanks(s);
    if (!parse_value(s))
        return false;
    skip_blanks(s);
    return s->at == s->end || lua_json_scan_unexpected(s, "the end");
}

static bool push(lua_State *L, struct text json, int max_depth, unsigned max_nodes,
                 struct error *err)
{
    int top = lua_gettop(L);
    if (!lua_checkstack(L, SLOTS_NEEDED))
        return error_set(err, ERROR_LIMIT, "no stack left");
    lua_pushnil(L);
    const char *start = json.data ? json.data : "";
    struct lua_json_scan s = {.L = L,
                              .start = start,
                              .at = start,
                              .end = start + json.len,
                              .err = err,
                              .max_depth = max_depth,
                              .max_nodes = max_nodes,
                              .scratch_slot = top + 1};
    if (!parse_document(&s)) {
        lua_settop(L, top);
        return false;
    }
    lua_replace(L, top + 1);
    return true;
}

bool lua_json_push(lua_State *L, struct text json, struct error *err)
{
    return push(L, json, LUA_JSON_DEPTH, LUA_JSON_NODES, err);
}

bool lua_json_push_event(lua_State *L, struct text json, struct error *err)
{
    return push(L, json, LUA_JSON_EVENT_DEPTH, LUA_JSON_EVENT_NODES, err);
}
