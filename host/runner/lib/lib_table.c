/* SPDX-License-Identifier: MIT */
/* The table library. Ranges come from scripts (arguments, __len), so every loop over one polls the
 * CPU limit. Tables without a metatable are read and written raw, which is what the metatable-aware
 * access would do, faster. */
#include "runner/lib/lib_table.h"
#include "runner/lib/lib.h"
#include "runner/lib/lib_sort.h"
#include "runner/vm/vm.h"
#include <limits.h>

/* ---- access ---- */

static void check_metafield(lua_State *L, int arg, const char *name)
{
    if (luaL_getmetafield(L, arg, name) == LUA_TNIL)
        luaL_checktype(L, arg, LUA_TTABLE); /* raises */
    lua_pop(L, 1);
}

void lib_table_check(lua_State *L, int arg, int access)
{
    if (lua_type(L, arg) == LUA_TTABLE)
        return;
    if (access & ARRAY_READ)
        check_metafield(L, arg, "__index");
    if (access & ARRAY_WRITE)
        check_metafield(L, arg, "__newindex");
    if (access & ARRAY_LENGTH)
        check_metafield(L, arg, "__len");
}

/* ---- functions ---- */

/* i + 1 wraps as Lua's own arithmetic does. */
static lua_Integer successor(lua_Integer i)
{
    return (lua_Integer)((lua_Unsigned)i + 1);
}

static int table_insert(lua_State *L)
{
    lib_table_check(L, 1, ARRAY_ALL);
    lua_Integer end = successor(luaL_len(L, 1));
    lua_Integer at = end;
    switch (lua_gettop(L)) {
    case 2:
        break;
    case 3:
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)at - 1 < (lua_Unsigned)end, 2, "position out of bounds");
        for (lua_Integer i = end; i > at; i--) {
            lib_table_get(L, 1, i - 1);
            lua_seti(L, 1, i);
        }
        break;
    default:
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, at);
    return 0;
}

static int table_remove(lua_State *L)
{
    lib_table_check(L, 1, ARRAY_ALL);
    lua_Integer length = luaL_len(L, 1);
    lua_Integer at = luaL_optinteger(L, 2, length);
    if (at != length) /* t[#t] is always in bounds, also when empty; so is t[#t + 1] */
        luaL_argcheck(L, (lua_Unsigned)at - 1 <= (lua_Unsigned)length, 2, "position out of bounds");
    lib_table_get(L, 1, at); /* the result */
    for (; at < length; at++) {
        lib_table_get(L, 1, at + 1);
        lua_seti(L, 1, at);
    }
    lua_pushnil(L);
    lua_seti(L, 1, at);
    return 1;
}

static int table_move(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 2), end = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4);
    int target_arg = lua_isnoneornil(L, 5) ? 1 : 5;
    lib_table_check(L, 1, ARRAY_READ);
    lib_table_check(L, target_arg, ARRAY_WRITE);
    if (end >= from) {
        luaL_argcheck(L, from > 0 || end < LUA_MAXINTEGER + from, 3, "too many elements to move");
        lua_Integer count = end - from + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
        bool apart = to > end || to <= from || (target_arg != 1 && !lua_compare(L, 1, 5, LUA_OPEQ));
        for (lua_Integer i = 0; i < count; i++) {
            lua_Integer offset = apart ? i : count - 1 - i; /* overlapping: from behind */
            lib_table_get(L, 1, from + offset);
            lua_seti(L, target_arg, to + offset);
        }
    }
    lua_pushvalue(L, target_arg);
    return 1;
}

static void add_field(luaL_Buffer *b, lua_Integer i)
{
    lib_table_get(b->L, 1, i);
    if (!lua_isstring(b->L, -1))
        luaL_error(b->L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
    luaL_addvalue(b);
}

static int table_concat(lua_State *L)
{
    lib_table_check(L, 1, ARRAY_READ | ARRAY_LENGTH);
    lua_Integer end = luaL_len(L, 1);
    size_t bytes;
    const char *separator = luaL_optlstring(L, 2, "", &bytes);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    end = luaL_optinteger(L, 4, end);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (; i < end; i++) {
        add_field(&b, i);
        luaL_addlstring(&b, separator, bytes);
    }
    if (i == end)
        add_field(&b, i);
    luaL_pushresult(&b);
    return 1;
}

static int table_pack(lua_State *L)
{
    int count = lua_gettop(L);
    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

/* unpack takes anything that can be indexed, and checks nothing but the range. */
static int table_unpack(lua_State *L)
{
    lua_Integer i = luaL_optinteger(L, 2, 1);
    lua_Integer end = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    if (i > end)
        return 0;
    lua_Unsigned count = (lua_Unsigned)end - (lua_Unsigned)i;
    if (count >= INT_MAX || !lua_checkstack(L, (int)++count))
        return luaL_error(L, "too many results to unpack");
    for (lua_Unsigned n = 0; n < count; n++)
        lib_table_get(L, 1, i + (lua_Integer)n);
    return (int)count;
}

static const luaL_Reg functions[] = {
    {"concat", table_concat}, {"insert", table_insert},
    {"move", table_move},     {"pack", table_pack},
    {"remove", table_remove}, {"sort", lib_sort_table},
    {"unpack", table_unpack}, {NULL, NULL},
};

void lib_table_open(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_setglobal(L, "table");
}
