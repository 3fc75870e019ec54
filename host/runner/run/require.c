/* SPDX-License-Identifier: MIT */
#include "runner/run/require.h"

#include "runner/lib/lib.h"
#include "runner/lib/lib_secret.h"
#include "runner/run/host_table.h"
#include "runner/run/program.h"
#include "runner/run/script.h"

#include <lauxlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*push)(lua_State *L);
} in_c[] = {{"json", lib_json_push}, {"secret", lib_secret_push}, {"template", lib_template_push}};

/* Its address stands in the cache while a module is being evaluated. No script can return that. */
static char evaluating;

static int not_found(lua_State *L, const struct program *p, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < ARRAY_LEN(in_c); i++) {
        luaL_addstring(&b, " ");
        luaL_addstring(&b, in_c[i].name);
    }
    for (size_t i = 0; p && i < p->lualib->count; i++) {
        luaL_addstring(&b, " ");
        luaL_addstring(&b, p->lualib->modules[i].name);
    }
    for (uint32_t i = 1; p && i < p->count; i++) {
        luaL_addstring(&b, " ");
        luaL_addstring(&b, p->files[i].name);
    }
    luaL_pushresult(&b);
    return luaL_error(L, "require: module '%s' not found; there is:%s", name, lua_tostring(L, -1));
}

/* Puts the module on top into the cache, under the name at 1; nil becomes true, as in stock Lua. */
static int keep_module(lua_State *L)
{
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_MODULES);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return 1;
}

static int evaluated(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return keep_module(L);
}

static void mark_evaluating(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_MODULES);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, &evaluating);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Loads a module of the program, which can be preempted like the trigger's own file. */
static int load_script(lua_State *L, const struct code *code)
{
    mark_evaluating(L);
    code_push(L, code);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, evaluated);
    return keep_module(L);
}

static int load_lualib(lua_State *L, const struct code *code)
{
    mark_evaluating(L);
    code_push(L, code);
    lua_pushvalue(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_HOST);
    lua_call(L, 2, 1);
    return keep_module(L);
}

/* The function for scripts. A module whose evaluation failed leaves its mark, so a second require
 * of it says the same as a circle does: both mean that it is not there. */
static int require(lua_State *L)
{
    size_t bytes;
    const char *name = luaL_checklstring(L, 1, &bytes);
    luaL_argcheck(L, strlen(name) == bytes, 1, "a name has no NUL byte");
    const struct program *p = script_of(L)->program;
    lua_settop(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_MODULES);
    lua_pushvalue(L, 1);
    lua_rawget(L, 2);
    if (lua_touserdata(L, 3) == &evaluating)
        return luaL_error(L, "require: module '%s' requires itself, or failed before", name);
    if (!lua_isnil(L, 3))
        return 1;
    lua_settop(L, 1);
    for (size_t i = 0; i < ARRAY_LEN(in_c); i++) {
        if (strcmp(in_c[i].name, name) == 0) {
            in_c[i].push(L);
            return keep_module(L);
        }
    }
    const struct code *code = p ? lualib_find(p->lualib, name) : NULL;
    if (code)
        return load_lualib(L, code);
    int own = p ? program_find(p, name) : -1;
    return own >= 0 ? load_script(L, &p->files[own]) : not_found(L, p, name);
}

void require_push(lua_State *L, const char *name)
{
    lua_pushcfunction(L, require);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

void require_open(lua_State *L)
{
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_MODULES);
    host_table_push(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_HOST);
    lua_pushcfunction(L, require);
    lua_setglobal(L, "require");
}
