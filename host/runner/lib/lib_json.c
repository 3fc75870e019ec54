/* SPDX-License-Identifier: MIT */
/* require "json". encode raises (a value that cannot be written is a mistake in the script), decode
 * answers nil, message, code (a text that is not JSON is somebody else's). */
#include "runner/lib/lib.h"
#include "runner/lib/lua_buf.h"
#include "runner/lib/lua_json.h"
#include "runner/vm/vm.h"

#include <lauxlib.h>

/* arg: the stack index of the value. */
static bool fill_json(lua_State *L, const void *arg, struct buf *out, struct error *err)
{
    return lua_json_write(L, *(const int *)arg, out, "value", err);
}

static int json_encode(lua_State *L)
{
    struct error err;
    int value = 1;
    luaL_checkany(L, value);
    if (!lua_buf_push(L, vm_shared(L)->output_bytes, fill_json, &value, &err))
        return luaL_error(L, "json.encode: %s", err.text);
    return 1;
}

static int json_decode(lua_State *L)
{
    struct error err;
    struct text json;
    luaL_argexpected(L, lua_type(L, 1) == LUA_TSTRING, 1, "string");
    json.data = lua_tolstring(L, 1, &json.len);
    if (lua_json_push(L, json, &err))
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    lua_pushliteral(L, "json.malformed");
    return 3;
}

static int json_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_createtable(L, 0, 0);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (lua_json_is_marked(L, 1))
        return 1;
    if (lua_getmetatable(L, 1))
        return luaL_argerror(L, 1, "a table with a metatable cannot be marked as an array");
    lua_json_mark_array(L, 1);
    return 1;
}

int lib_json_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"encode", json_encode}, {"decode", json_decode}, {"array", json_array}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_json_push_null(L);
    lua_setfield(L, -2, "null");
    return 1;
}
