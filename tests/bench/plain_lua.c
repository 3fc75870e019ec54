/* SPDX-License-Identifier: MIT */
/* plain_lua.c - Lua without any limits, from the shared library that the runner uses, too: what
 * limits.sh compares with. Debian's lua5.4 is linked statically, which alone makes it some percent
 * faster. */
#include <lauxlib.h>
#include <lualib.h>

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    return argc != 2 || luaL_dofile(L, argv[1]) != LUA_OK;
}
