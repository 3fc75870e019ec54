/* SPDX-License-Identifier: MIT */
#include "runner/lib.h"
#include "runner/vm.h"

void lib_open_all(lua_State *L)
{
    lib_open_base(L); /* first: it empties the globals */
    lib_open_string(L);
    lib_open_table(L);
    lib_open_utf8(L);
    lib_open_math(L);
    lib_open_coroutine(L);
    lib_open_os(L);
}

void lib_push_stock(lua_State *L, lua_CFunction open, const char *const *names)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    lua_newtable(L);
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    lua_remove(L, -2);
}

const char *lib_tostring(lua_State *L, int idx, size_t *bytes)
{
    idx = lua_absindex(L, idx);
    int type = lua_type(L, idx);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        lua_pushvalue(L, idx);
        return lua_tolstring(L, -1, bytes);
    }
    if (luaL_callmeta(L, idx, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return lua_tolstring(L, -1, bytes);
    }
    if (type == LUA_TNIL)
        lua_pushliteral(L, "nil");
    else if (type == LUA_TBOOLEAN)
        lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
    else if (luaL_getmetafield(L, idx, "__name") != LUA_TSTRING)
        lua_pushstring(L, lua_typename(L, type)); /* stock Lua would show the address */
    return lua_tolstring(L, -1, bytes);
}
