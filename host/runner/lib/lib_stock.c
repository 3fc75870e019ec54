/* SPDX-License-Identifier: MIT */
#include "runner/lib/lib_stock.h"

#include <lauxlib.h>

void lib_stock_push(lua_State *L, lua_CFunction open, const char *const *names)
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

static lua_Integer absolute_place(lua_Integer i, lua_Integer len)
{
    return i >= 0 ? i : i + len + 1;
}

/* Calls the stock function behind it, unless that had too much to push. How a stack that is
 * too small for the results ends a run differs between Lua's releases: as an error, or for
 * want of memory. */
static int call_within_cap(lua_State *L)
{
    lua_CFunction stock = lua_tocfunction(L, lua_upvalueindex(1));
    size_t bytes;
    luaL_checklstring(L, 1, &bytes);
    lua_Integer len = (lua_Integer)bytes, from = absolute_place(luaL_optinteger(L, 2, 1), len);
    lua_Integer to = absolute_place(luaL_optinteger(L, 3, from), len);
    from = from < 1 ? 1 : from;
    to = to > len ? len : to;
    if (to >= from && to - from >= SLICE_MOST)
        return luaL_error(L, "stack overflow (string slice too long)");
    return stock(L);
}

void lib_stock_cap_slices(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, call_within_cap, 1);
    lua_setfield(L, -2, name);
}
