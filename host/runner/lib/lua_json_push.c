/* SPDX-License-Identifier: MIT */
/* The tokens of base/json_lex.h into Lua values, so that the runner accepts exactly what the host
 * does. Values wait on the Lua stack until their table can be made in the right size: growing a
 * table one by one costs more than the parsing. */
#include "base/json_lex.h"
#include "runner/lib/lua_json.h"
#include "runner/vm/vm.h"

#include <string.h>

enum {
    MEMBERS_WAITING = 16, /* name and value each a stack slot */
    ITEMS_WAITING = 32,
    SLOTS_NEEDED = 48,
    SCRATCH_FIRST = 256
};

struct reader {
    lua_State *L;
    struct json_lex lex;
    char *scratch; /* room for strings with escapes: a userdata at stack index scratch_slot */
    size_t scratch_bytes;
    int scratch_slot;
    int max_depth;
    unsigned nodes, max_nodes;
    bool null_named;
};

/* One object or array being read. */
struct container {
    int table;   /* stack index: nil until the first values move in */
    int waiting; /* values, or pairs, above it */
    lua_Integer moved;
};

static bool push_value(struct reader *r, enum json_token token);

/* Memory that the collector owns, so that a kill or an error in the middle leaks nothing. */
static char *scratch(struct reader *r, size_t bytes)
{
    if (bytes > r->scratch_bytes) {
        size_t grown = r->scratch_bytes ? r->scratch_bytes * 2 : SCRATCH_FIRST;
        r->scratch_bytes = grown > bytes ? grown : bytes;
        r->scratch = lua_newuserdatauv(r->L, r->scratch_bytes, 0);
        lua_replace(r->L, r->scratch_slot);
    }
    return r->scratch;
}

/* The name or string that the lexer has just read. Returns what Lua holds of it. */
static struct text push_string(struct reader *r)
{
    struct text bytes = r->lex.text;
    if (r->lex.escaped) {
        char *decoded = scratch(r, bytes.len);
        bytes = (struct text){decoded, json_lex_unescape(bytes, decoded)};
    }
    return (struct text){lua_pushlstring(r->L, bytes.data, bytes.len), bytes.len};
}

static size_t token_place(const struct reader *r)
{
    return (size_t)(r->lex.token_at - r->lex.start);
}

static bool open_container(struct reader *r, struct container *c)
{
    if (r->lex.depth > r->max_depth)
        return error_set(r->lex.err, ERROR_LIMIT, "byte %zu: nested deeper than %d levels",
                         token_place(r), r->max_depth);
    if (!lua_checkstack(r->L, SLOTS_NEEDED))
        return error_set(r->lex.err, ERROR_LIMIT, "byte %zu: no stack left for what is nested here",
                         token_place(r));
    lua_pushnil(r->L);
    *c = (struct container){.table = lua_gettop(r->L)};
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

static bool push_array(struct reader *r)
{
    struct container c = {0};
    enum json_token token;
    if (!open_container(r, &c))
        return false;
    while ((token = json_lex_next(&r->lex)) >= JSON_OBJECT) {
        if (!push_value(r, token))
            return false;
        if (++c.waiting == ITEMS_WAITING)
            move_items(r->L, &c);
    }
    if (token != JSON_ARRAY_END)
        return false;
    bool empty = c.moved + c.waiting == 0;
    if (c.waiting > 0 || empty)
        move_items(r->L, &c);
    if (empty)
        lua_json_mark_array(r->L, c.table);
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

static bool push_object(struct reader *r)
{
    struct container c = {0};
    struct text names[MEMBERS_WAITING]; /* borrowed from the strings on the stack */
    enum json_token token;
    if (!open_container(r, &c))
        return false;
    while ((token = json_lex_next(&r->lex)) == JSON_NAME) {
        names[c.waiting] = push_string(r);
        if (is_repeated(r->L, &c, names))
            return json_lex_refuse_repeated(&r->lex);
        if (!push_value(r, json_lex_next(&r->lex)))
            return false;
        if (++c.waiting == MEMBERS_WAITING)
            move_members(r->L, &c);
    }
    if (token != JSON_OBJECT_END)
        return false;
    if (c.waiting > 0 || c.moved == 0)
        move_members(r->L, &c);
    return true;
}

static void push_null(struct reader *r)
{
    if (r->null_named)
        lua_pushlightuserdata(r->L, NULL);
    else
        lua_json_push_null(r->L);
    r->null_named = true;
}

static bool count_node(struct reader *r)
{
    if (++r->nodes % LUA_JSON_POLL == 0)
        vm_poll(r->L);
    return r->nodes <= r->max_nodes ||
           error_set(r->lex.err, ERROR_LIMIT, "byte %zu: more than %u values", token_place(r),
                     r->max_nodes);
}

/* token: the first of a value, or JSON_BAD. */
static bool push_value(struct reader *r, enum json_token token)
{
    if (token == JSON_BAD || !count_node(r))
        return false;
    switch (token) {
    case JSON_OBJECT:
        return push_object(r);
    case JSON_ARRAY:
        return push_array(r);
    case JSON_STRING:
        push_string(r);
        return true;
    case JSON_NUMBER:
        if (r->lex.is_integer)
            lua_pushinteger(r->L, r->lex.integer);
        else
            lua_pushnumber(r->L, r->lex.number);
        return true;
    case JSON_NULL:
        push_null(r);
        return true;
    default:
        lua_pushboolean(r->L, token == JSON_TRUE);
        return true;
    }
}

static bool push(lua_State *L, struct text json, int max_depth, unsigned max_nodes,
                 struct error *err)
{
    int top = lua_gettop(L);
    if (!lua_checkstack(L, SLOTS_NEEDED))
        return error_set(err, ERROR_LIMIT, "no stack left");
    lua_pushnil(L);
    struct reader r;
    json_lex_init(&r.lex, json, err);
    r.L = L;
    r.scratch = NULL;
    r.scratch_bytes = 0;
    r.scratch_slot = top + 1;
    r.max_depth = max_depth;
    r.nodes = 0;
    r.max_nodes = max_nodes;
    r.null_named = false;
    if (!push_value(&r, json_lex_next(&r.lex)) || json_lex_next(&r.lex) != JSON_END) {
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
