/* SPDX-License-Identifier: MIT */
/* next and pairs, in an order that depends on the keys alone: positive integers ascending, then all
 * other numbers ascending, then strings by their bytes, then false, true, then the one table,
 * function, thread or userdata that may be among the keys (two have no order that is the same in
 * every process: an error).
 *
 * "The next key" is thus defined without any memory of the traversal. While t[k + 1] is there for
 * an integer k it is found without looking at the rest. Else the keys behind k are collected and
 * sorted once, and the list serves the rest of the traversal: as in stock Lua, fields may be
 * changed and cleared meanwhile, but which new ones are met is left open. The list is a Lua
 * table: 1.. are keys, AT is the place of the last one returned. A pairs has its own, next keeps a
 * few. */
#include "runner/lib_base.h"
#include "runner/pairs_key.h"
#include "runner/vm.h"

/* Upvalues of the function that pairs returns. */
enum { UP_TABLE = 1, UP_LIST };
/* Upvalue of next: its lists by table. */
enum { UP_LISTS = 1 };
/* Fields of a list besides its keys. RESTARTED: the first key that next(t) answered since the list
 * was made, or true for 1. */
enum { LIST_AT = 0, LIST_RESTARTED = -1 };
enum { LISTS_MAX = 16, LISTS_COUNT = 1 }; /* next's table of lists counts them in a field */
/* Their stack. */
enum { TABLE = 1, KEY = 2, LIST = 3 };

/* The common step of a sequence: pushes key and value. */
static bool step_sequence(lua_State *L)
{
    lua_Integer at = 0;
    if (lua_isinteger(L, KEY)) {
        at = lua_tointeger(L, KEY);
        if (at < 1 || at == LUA_MAXINTEGER)
            return false;
    } else if (!lua_isnil(L, KEY)) {
        return false;
    }
    lua_pushinteger(L, at + 1);
    if (lua_rawgeti(L, TABLE, at + 1) != LUA_TNIL)
        return true;
    lua_pop(L, 2);
    return false;
}

/* Where KEY stands in the list: binary search. 0: it is not there. */
static lua_Integer find_in_list(lua_State *L)
{
    struct pairs_key wanted, here;
    pairs_key_read(L, KEY, &wanted);
    lua_Integer low = 1, high = (lua_Integer)lua_rawlen(L, LIST);
    while (low <= high) {
        lua_Integer middle = low + (high - low) / 2;
        lua_rawgeti(L, LIST, middle);
        pairs_key_read(L, -1, &here);
        lua_pop(L, 1);
        int order = pairs_key_compare(&here, &wanted);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return 0;
}

/* The place in the list of the key that was returned last, if that is KEY. -1: the list does not
 * know KEY. */
static lua_Integer place_in_list(lua_State *L)
{
    lua_rawgeti(L, LIST, LIST_AT);
    lua_Integer at = lua_tointeger(L, -1);
    lua_rawgeti(L, LIST, at);
    bool here = at > 0 && lua_rawequal(L, -1, KEY);
    lua_pop(L, 2);
    if (here)
        return at;
    at = find_in_list(L);
    return at > 0 ? at : -1;
}

/* Puts a new list of the keys behind KEY at LIST. */
static void make_list(lua_State *L)
{
    pairs_key_list(L, TABLE, KEY);
    lua_replace(L, LIST);
}

/* Goes on in the list behind place `at`: pushes key and value of the first that is still there. */
static bool step_list(lua_State *L, lua_Integer at)
{
    for (;;) {
        if (lua_rawgeti(L, LIST, ++at) == LUA_TNIL)
            return false;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, TABLE) != LUA_TNIL)
            break;
        lua_pop(L, 2);
        vm_poll(L);
    }
    lua_pushinteger(L, at);
    lua_rawseti(L, LIST, LIST_AT);
    return true;
}

/* ---- pairs ---- */

static int next_by_list(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(UP_LIST));
    lua_Integer at = 0;
    if (lua_isnil(L, KEY) || lua_isnil(L, LIST) || (at = place_in_list(L)) < 0) {
        make_list(L);
        lua_copy(L, LIST, lua_upvalueindex(UP_LIST));
        at = 0;
    }
    if (step_list(L, at))
        return 2;
    lua_pushnil(L);
    lua_copy(L, -1, lua_upvalueindex(UP_LIST));
    return 1;
}

static int pairs_step(lua_State *L)
{
    lua_settop(L, KEY);
    if (!lua_rawequal(L, TABLE, lua_upvalueindex(UP_TABLE))) {
        /* `local next = pairs {}`: as good a next as any, but for one table at a time */
        luaL_checktype(L, TABLE, LUA_TTABLE);
        lua_copy(L, TABLE, lua_upvalueindex(UP_TABLE));
        lua_pushnil(L);
        lua_replace(L, lua_upvalueindex(UP_LIST));
    }
    return step_sequence(L) ? 2 : next_by_list(L);
}

static int pairs_called(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 3;
}

int lib_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, pairs_called);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    lua_pushcclosure(L, pairs_step, UP_LIST);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* ---- next ---- */

/* Puts the list that next has for TABLE at LIST, or nil. */
static void find_list(lua_State *L)
{
    lua_pushvalue(L, TABLE);
    lua_rawget(L, lua_upvalueindex(UP_LISTS));
}

/* Adds to the number of lists that next keeps; gives the new one. */
static lua_Integer count_lists(lua_State *L, int more)
{
    lua_rawgeti(L, lua_upvalueindex(UP_LISTS), LISTS_COUNT);
    lua_Integer count = lua_tointeger(L, -1) + more;
    lua_pop(L, 1);
    lua_pushinteger(L, count);
    lua_rawseti(L, lua_upvalueindex(UP_LISTS), LISTS_COUNT);
    return count;
}

/* Keeps the list at LIST for TABLE. Too many: those of traversals that never ended are dropped with
 * all others. */
static void keep_list(lua_State *L, bool new)
{
    if (new &&count_lists(L, 1) > LISTS_MAX) {
        lua_newtable(L);
        lua_replace(L, lua_upvalueindex(UP_LISTS));
        count_lists(L, 1);
    }
    lua_pushvalue(L, TABLE);
    lua_pushvalue(L, LIST);
    lua_rawset(L, lua_upvalueindex(UP_LISTS));
}

static void drop_list(lua_State *L)
{
    lua_pushvalue(L, TABLE);
    lua_pushnil(L);
    lua_rawset(L, lua_upvalueindex(UP_LISTS));
    count_lists(L, -1);
}

/* next(t): which key is the first, without a list. Often only asked to see whether there is any,
 * also in the middle of a traversal, so what is known of the table is not thrown away. */
static int next_first(lua_State *L)
{
    find_list(L);
    if (step_sequence(L)) {
        if (!lua_isnil(L, LIST)) {
            lua_pushboolean(L, true);
            lua_rawseti(L, LIST, LIST_RESTARTED);
        }
        return 2;
    }
    if (!pairs_key_first(L, TABLE)) {
        lua_pushnil(L);
        return 1;
    }
    if (!lua_isnil(L, LIST)) {
        lua_pushvalue(L, -1);
        lua_rawseti(L, LIST, LIST_RESTARTED);
    }
    lua_pushvalue(L, -1);
    lua_rawget(L, TABLE);
    return 2;
}

/* A list may go on to serve when KEY is where it stopped, but not when next(t) has begun a new
 * traversal with KEY. */
static lua_Integer place_to_go_on(lua_State *L)
{
    if (lua_isnil(L, LIST))
        return -1;
    lua_rawgeti(L, LIST, LIST_RESTARTED);
    bool restarted = lua_rawequal(L, -1, KEY) || (lua_isboolean(L, -1) && lua_isinteger(L, KEY));
    lua_pop(L, 1);
    return restarted ? -1 : place_in_list(L);
}

static int next_step(lua_State *L)
{
    luaL_checktype(L, TABLE, LUA_TTABLE);
    lua_settop(L, KEY);
    if (lua_isnil(L, KEY))
        return next_first(L);
    if (step_sequence(L))
        return 2;
    find_list(L);
    bool new = lua_isnil(L, LIST);
    lua_Integer at = place_to_go_on(L);
    if (at < 0) {
        make_list(L);
        at = 0;
    }
    if (step_list(L, at)) {
        if (at == 0)
            keep_list(L, new);
        return 2;
    }
    if (!new)
        drop_list(L);
    lua_pushnil(L);
    return 1;
}

void lib_pairs_push_next(lua_State *L)
{
    lua_newtable(L);
    lua_pushcclosure(L, next_step, UP_LISTS);
}
