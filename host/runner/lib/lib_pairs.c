/* SPDX-License-Identifier: MIT */
/* next and pairs, in an order that depends on the keys alone: positive integers ascending, then all
 * other numbers ascending, then strings by their bytes, then false, true, then the one table,
 * function, thread or userdata that may be among the keys (two have no order that is the same in
 * every process: an error).
 *
 * "The next key" is thus defined without any memory of the traversal. While t[k + 1] is there for
 * an integer k it is found without looking at the rest. Else the keys behind k are collected and
 * sorted into a list, which serves the rest of the traversal: as in stock Lua, fields may be
 * changed and cleared meanwhile, but which new ones are met is left open. */
#include "runner/lib/lib.h"
#include "runner/lib/pairs_list.h"
#include "runner/vm/vm.h"

/* Upvalues of both functions. LISTS: table -> its list, or true where a traversal begins;
 * PAIRS_NEXT: what pairs returns. */
enum { UP_LISTS = 1, UP_COUNT, UP_PAIRS_NEXT };
/* Stack of next. */
enum { TABLE = 1, KEY = 2, LIST = 3 };
enum { LISTS_MAX = 16 };

/* ---- the lists ---- */

/* Puts the entry of TABLE at the stack's top. */
static void find_entry(lua_State *L)
{
    lua_pushvalue(L, TABLE);
    lua_rawget(L, lua_upvalueindex(UP_LISTS));
}

/* Drops all lists when they are too many: some belong to traversals that were left before their
 * end; the others are made anew where they are needed. */
static void drop_all(lua_State *L)
{
    lua_pushnil(L);
    while (lua_next(L, lua_upvalueindex(UP_LISTS))) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, lua_upvalueindex(UP_LISTS));
    }
}

/* Sets the entry of TABLE to the value on top, which it pops. */
static void set_entry(lua_State *L, bool new)
{
    int *count = lua_touserdata(L, lua_upvalueindex(UP_COUNT));
    if (new && ++*count > LISTS_MAX) {
        drop_all(L);
        *count = 1;
    }
    lua_pushvalue(L, TABLE);
    lua_insert(L, -2);
    lua_rawset(L, lua_upvalueindex(UP_LISTS));
}

static void drop_entry(lua_State *L)
{
    int *count = lua_touserdata(L, lua_upvalueindex(UP_COUNT));
    --*count;
    lua_pushvalue(L, TABLE);
    lua_pushnil(L);
    lua_rawset(L, lua_upvalueindex(UP_LISTS));
}

/* ---- next ---- */

/* Goes on in the list behind list->at: pushes key and value of the first that is still there. */
static bool step_list(lua_State *L, struct pairs_list *list)
{
    while (list->at < list->count) {
        pairs_list_get(L, LIST, list, ++list->at);
        list->last = lua_topointer(L, -1);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, TABLE) != LUA_TNIL)
            return true;
        lua_pop(L, 2);
        vm_poll(L);
    }
    return false;
}

/* Makes a list of what lies behind KEY, keeps it, takes its first step. */
static int step_new_list(lua_State *L, bool new)
{
    struct pairs_list *list = pairs_list_push(L, TABLE, KEY);
    lua_replace(L, LIST);
    if (step_list(L, list)) {
        lua_pushvalue(L, LIST);
        set_entry(L, new);
        return 2;
    }
    if (!new)
        drop_entry(L);
    lua_pushnil(L);
    return 1;
}

/* next(t): the first key, but no list. Often only asked to see whether there is any, also in the
 * middle of a traversal, so the list of that is kept; but it gets a mark (the first key, or true
 * for a sequence), for a new traversal must not go on with it. */
static int first_key(lua_State *L, bool sequence)
{
    struct pairs_list *list = lua_touserdata(L, LIST);
    if (sequence) {
        lua_pushinteger(L, 1);
        lua_rawgeti(L, TABLE, 1);
        if (list)
            lua_pushboolean(L, true);
    } else {
        if (lua_isboolean(L, LIST)) /* pairs begins here */
            return step_new_list(L, false);
        if (!pairs_list_first(L, TABLE)) {
            lua_pushnil(L);
            return 1;
        }
        lua_pushvalue(L, -1);
        lua_rawget(L, TABLE);
        if (list)
            lua_pushvalue(L, -2);
    }
    if (list)
        pairs_list_set_mark(L, LIST, list);
    return 2;
}

/* next(t) has been called since the list was made, and this may be the traversal that it began. */
static bool begins_anew(lua_State *L)
{
    pairs_list_get_mark(L, LIST);
    bool anew = lua_rawequal(L, -1, KEY) || (lua_isboolean(L, -1) && lua_isinteger(L, KEY));
    lua_pop(L, 1);
    return anew;
}

/* KEY is the key that was returned last. */
static bool stands_at_key(lua_State *L, const struct pairs_list *list)
{
    if (list->at == 0)
        return false;
    if (list->last)
        return list->last == lua_topointer(L, KEY);
    pairs_list_get(L, LIST, list, list->at);
    bool stands = lua_rawequal(L, -1, KEY);
    lua_pop(L, 1);
    return stands;
}

/* Sets list->at to KEY's place. False: the list cannot be gone on with from there. */
static bool find_place(lua_State *L, struct pairs_list *list)
{
    if (list->marked && begins_anew(L))
        return false;
    if (stands_at_key(L, list))
        return true;
    uint32_t place = pairs_list_find(L, LIST, list, KEY);
    if (place == 0)
        return false;
    list->at = place;
    return true;
}

/* The key behind KEY, which is not just the next integer. */
static int key_behind(lua_State *L)
{
    struct pairs_list *list = lua_touserdata(L, LIST);
    if (!list || !find_place(L, list))
        return step_new_list(L, lua_isnil(L, LIST));
    if (step_list(L, list))
        return 2;
    drop_entry(L);
    lua_pushnil(L);
    return 1;
}

static int next_step(lua_State *L)
{
    if (lua_isinteger(L, KEY)) { /* first of all the step of a sequence */
        lua_Integer at = lua_tointeger(L, KEY);
        if (at > 0 && at < LUA_MAXINTEGER && lua_type(L, TABLE) == LUA_TTABLE) {
            lua_pushinteger(L, at + 1);
            if (lua_rawgeti(L, TABLE, at + 1) != LUA_TNIL)
                return 2;
        }
    }
    luaL_checktype(L, TABLE, LUA_TTABLE);
    if (lua_gettop(L) != KEY)
        lua_settop(L, KEY);
    find_entry(L);
    if (!lua_isnil(L, KEY))
        return key_behind(L);
    bool sequence = lua_rawgeti(L, TABLE, 1) != LUA_TNIL;
    lua_pop(L, 1);
    return first_key(L, sequence);
}

/* ---- pairs ---- */

static int pairs_called(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 3;
}

static int pairs_begin(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, pairs_called);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    find_entry(L);
    bool new = lua_isnil(L, -1);
    if (!new || lua_rawgeti(L, TABLE, 1) == LUA_TNIL) { /* a sequence needs no list to begin */
        lua_pushboolean(L, true);
        set_entry(L, new);
    }
    lua_pushvalue(L, lua_upvalueindex(UP_PAIRS_NEXT));
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

void lib_pairs_open(lua_State *L)
{
    lua_newtable(L);
    *(int *)lua_newuserdatauv(L, sizeof(int), 0) = 0;
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, next_step, UP_COUNT);
    lua_pushvalue(L, -1);
    lua_setglobal(L, "next");
    lua_pushcclosure(L, pairs_begin, UP_PAIRS_NEXT);
    lua_setglobal(L, "pairs");
}
