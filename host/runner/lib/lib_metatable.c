/* SPDX-License-Identifier: MIT */
/* setmetatable without finalizers and weak tables: both would make a script see when memory is
 * collected, and stock 5.4.4 can be crashed by them (see lib_metatable.h). A __gc that is not
 * there when setmetatable is called is never looked at again. But __mode is read at each
 * collection, so it may come later: each metatable is therefore on record, and during a collection
 * its __mode is hidden. __concat is refused because Debian 12's 5.4.4 reads a freed stack when
 * such a function lets the stack grow within a chain of three or more `..`; one that is put in
 * later is never found (lib_concat.c).
 *
 * The record is a table with weak keys, the only one of the state: metatables that a script throws
 * away must not pile up. That is safe here, since collections are only ever whole ones without the
 * script running in between. */
#include "runner/lib/lib_metatable.h"

#include "runner/vm/vm.h"

/* Its address is the record's key in the registry. The record maps a metatable to true, or to its
 * __mode while that is hidden. */
static const char record_key;

/* Upvalues of setmetatable. */
enum { UP_RECORD = 1, UP_GC, UP_MODE, UP_CONCAT };

static void refuse_field(lua_State *L, int upvalue)
{
    lua_pushvalue(L, lua_upvalueindex(upvalue));
    if (lua_rawget(L, 2) != LUA_TNIL)
        luaL_error(L, "setmetatable: %s is not allowed in triggers",
                   lua_tostring(L, lua_upvalueindex(upvalue)));
}

static int metatable_set(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int type = lua_type(L, 2);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        refuse_field(L, UP_GC);
        refuse_field(L, UP_MODE);
        refuse_field(L, UP_CONCAT);
        lua_pushvalue(L, 2);
        lua_pushboolean(L, true);
        lua_rawset(L, lua_upvalueindex(UP_RECORD));
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

void lib_metatable_open(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &record_key);
    lua_pushliteral(L, "__gc");
    lua_pushliteral(L, "__mode");
    lua_pushliteral(L, "__concat");
    lua_pushcclosure(L, metatable_set, UP_CONCAT);
    lua_setglobal(L, "setmetatable");
}

/* Both walks below change values of fields that exist and nothing else, so that nothing is
 * allocated and no table is rehashed. */

void lib_metatable_before_collect(lua_State *L)
{
    luaL_checkstack(L, 6, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
    lua_pushliteral(L, "__mode");
    lua_pushnil(L);
    while (lua_next(L, -3)) { /* record, "__mode", metatable, true */
        lua_pop(L, 1);
        lua_pushvalue(L, -2);
        if (lua_rawget(L, -2) == LUA_TSTRING) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -5); /* record[metatable] = mode */
            lua_pushvalue(L, -2);
            lua_pushboolean(L, true); /* not a string: no weakness */
            lua_rawset(L, -3);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 2);
}

void lib_metatable_after_collect(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
    lua_pushliteral(L, "__mode");
    lua_pushnil(L);
    while (lua_next(L, -3)) { /* record, "__mode", metatable, true or its mode */
        if (lua_type(L, -1) != LUA_TSTRING) {
            lua_pop(L, 1);
            continue;
        }
        lua_pushvalue(L, -3);
        lua_insert(L, -2);
        lua_rawset(L, -3); /* metatable.__mode = mode */
        lua_pushvalue(L, -1);
        lua_pushboolean(L, true);
        lua_rawset(L, -5);
    }
    lua_pop(L, 2);
}
