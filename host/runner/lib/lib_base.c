/* SPDX-License-Identifier: MIT */
/* The basic functions. Stock ones are taken where they hold nothing, loop over nothing that
 * a script can lengthen without end, and show no address. No dofile, loadfile,
 * collectgarbage, warn. */
#include "runner/lib/lib_base.h"

#include "runner/lib/lib.h"
#include "runner/lib/lib_concat.h"
#include "runner/lib/lib_metatable.h"
#include "runner/lib/lib_stock.h"
#include "runner/vm/vm.h"

#include <lualib.h>
#include <string.h>

enum { LOAD_BYTES = 64 * 1024 }; /* the parser is quadratic in the worst case (goto labels) */

static const char *const stock[] = {"assert",   "error",  "getmetatable", "ipairs", "pcall",
                                    "rawequal", "rawget", "rawlen",       "rawset", "select",
                                    "tonumber", "type",   "xpcall",       NULL};

const char *lib_base_tostring(lua_State *L, int idx, size_t *bytes)
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

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    lib_base_tostring(L, 1, NULL);
    return 1;
}

/* The run loop says where printed text goes by a function in the registry. */
static int base_print(lua_State *L)
{
    int args = lua_gettop(L);
    if (lua_getfield(L, LUA_REGISTRYINDEX, LIB_BASE_PRINT) != LUA_TFUNCTION)
        return luaL_error(L, "print is not available here");
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1; i <= args; i++) {
        if (i > 1)
            luaL_addchar(&b, '\t');
        lib_base_tostring(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    lua_call(L, 1, 0);
    return 0;
}

/* ---- load ---- */

static int load_failed(lua_State *L)
{
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
}

/* Joins what the reader function at 1 gives, up to an empty piece. False: an error message
 * is on top. */
static bool read_pieces(lua_State *L)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (;;) {
        lua_pushvalue(L, 1);
        if (lua_pcall(L, 0, 1, 0) != LUA_OK)
            return false;
        size_t bytes = 0;
        if (lua_isnil(L, -1) || (lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) == 0)) {
            lua_pop(L, 1);
            break;
        }
        if (!lua_isstring(L, -1)) {
            lua_pushliteral(L, "reader function must return a string");
            return false;
        }
        lua_tolstring(L, -1, &bytes);
        luaL_addvalue(&b);
        if (luaL_bufflen(&b) > LOAD_BYTES)
            break; /* the caller refuses it */
    }
    luaL_pushresult(&b);
    lua_replace(L, 1);
    return true;
}

/* load(chunk [, name [, mode [, env]]]): text only, and always called "(load)", so that an error's
 * place cannot be made up. */
static int base_load(lua_State *L)
{
    const char *mode = luaL_optstring(L, 3, "t");
    bool has_env = !lua_isnone(L, 4);
    if (!lua_isstring(L, 1)) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        if (!read_pieces(L))
            return load_failed(L);
    }
    size_t bytes;
    const char *s = lua_tolstring(L, 1, &bytes);
    if (bytes > 0 && s[0] == LUA_SIGNATURE[0])
        lua_pushliteral(L, "attempt to load a binary chunk (only text can be loaded)");
    else if (!strchr(mode, 't'))
        lua_pushfstring(L, "attempt to load a text chunk (mode is '%s')", mode);
    else if (bytes > LOAD_BYTES)
        lua_pushfstring(L, "load: a chunk of more than %d bytes is not allowed", LOAD_BYTES);
    else if (luaL_loadbufferx(L, s, bytes, "=(load)", "t") == LUA_OK) {
        if (has_env) {
            lua_pushvalue(L, 4);
            if (!lua_setupvalue(L, -2, 1))
                lua_pop(L, 1);
        }
        return 1;
    }
    return load_failed(L);
}

static const luaL_Reg own[] = {
    {"load", base_load},
    {"print", base_print},
    {"tostring", base_tostring},
    {NULL, NULL},
};

/* Removes all of the table on top. */
static void empty_table(lua_State *L)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
}

void lib_base_open(lua_State *L)
{
    lib_stock_push(L, luaopen_base, stock);
    lua_pushglobaltable(L); /* luaopen_base filled it with everything */
    empty_table(L);
    luaL_setfuncs(L, own, 0);
    for (const char *const *name = stock; *name; name++) {
        lua_getfield(L, -2, *name);
        lua_setfield(L, -2, *name);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_pushliteral(L, LUA_VERSION);
    lua_setfield(L, -2, "_VERSION");
    lua_pop(L, 2);
    lib_pairs_open(L);
    lib_concat_hide(L);
    lib_metatable_open(L);
}
