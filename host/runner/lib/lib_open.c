/* SPDX-License-Identifier: MIT */
#include "runner/lib/lib.h"
#include "runner/vm/vm.h"

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

enum { SLICE_MOST = 250000 }; /* results: 4 MB of stack */

static lua_Integer place(lua_Integer i, lua_Integer len)
{
    return i >= 0 ? i : i + len + 1;
}

/* The stock function behind it, if that has not too much to push. How a stack that is too small for
 * its results ends a run differs between Lua's releases: as an error or for want of memory. */
static int slice(lua_State *L)
{
    lua_CFunction stock = lua_tocfunction(L, lua_upvalueindex(1));
    size_t bytes;
    luaL_checklstring(L, 1, &bytes);
    lua_Integer len = (lua_Integer)bytes, from = place(luaL_optinteger(L, 2, 1), len);
    lua_Integer to = place(luaL_optinteger(L, 3, from), len);
    from = from < 1 ? 1 : from;
    to = to > len ? len : to;
    if (to >= from && to - from >= SLICE_MOST)
        return luaL_error(L, "stack overflow (string slice too long)");
    return stock(L);
}

void lib_cap_slices(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, slice, 1);
    lua_setfield(L, -2, name);
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
