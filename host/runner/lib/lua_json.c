/* SPDX-License-Identifier: MIT */
#include "runner/lib/lua_json.h"

#include "runner/vm/vm.h"
#include <lauxlib.h>

/* Their addresses are names that no script has: of the array's metatable in the registry, of what a
 * view shows in its metatable. */
static const char array_key, view_key;

static int null_tostring(lua_State *L)
{
    lua_pushliteral(L, "null");
    return 1;
}

/* Light userdata share one metatable; scripts can get no other light userdata than this. */
static void give_null_a_name(lua_State *L)
{
    lua_createtable(L, 0, 3);
    lua_pushliteral(L, "null");
    lua_setfield(L, -2, "__name");
    lua_pushcfunction(L, null_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

void lua_json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
    if (lua_getmetatable(L, -1))
        lua_pop(L, 1);
    else
        give_null_a_name(L);
}

bool lua_json_is_null(lua_State *L, int idx)
{
    return lua_isnoneornil(L, idx) ||
           (lua_type(L, idx) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, idx));
}

void lua_json_mark_array(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 2);
        lua_pushliteral(L, "array");
        lua_setfield(L, -2, "__name");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
    }
    lua_setmetatable(L, idx);
}

bool lua_json_is_marked(lua_State *L, int idx)
{
    if (!lua_getmetatable(L, idx))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

void lua_json_set_view(lua_State *L, int idx)
{
    lua_rawsetp(L, idx, &view_key);
}

void lua_json_see_through(lua_State *L)
{
    if (!lua_istable(L, -1) || !lua_getmetatable(L, -1))
        return;
    bool view = lua_rawgetp(L, -1, &view_key) == LUA_TTABLE;
    lua_remove(L, -2);
    if (view)
        lua_replace(L, -2);
    else
        lua_pop(L, 1);
}

enum lua_json_shape lua_json_shape(lua_State *L, int idx, size_t *count)
{
    idx = lua_absindex(L, idx);
    size_t strings = 0, integers = 0;
    lua_Integer largest = 0;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            strings++;
        } else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
            integers++;
            largest = lua_tointeger(L, -2) > largest ? lua_tointeger(L, -2) : largest;
        } else {
            lua_pop(L, 2);
            return LUA_JSON_KEYS;
        }
        if ((strings + integers) % LUA_JSON_POLL == 0)
            vm_poll(L);
    }
    *count = strings + integers;
    if (*count == 0)
        return LUA_JSON_EMPTY;
    if (integers == 0)
        return LUA_JSON_OBJECT;
    if (strings > 0)
        return LUA_JSON_MIXED;
    return (lua_Integer)integers == largest ? LUA_JSON_ARRAY : LUA_JSON_HOLES;
}
