/* SPDX-License-Identifier: MIT */
#include "runner/run/require.h"

#include "runner/lib/lib.h"
#include "runner/lib/lib_host.h"
#include "runner/lib/lib_secret.h"
#include "runner/vm/version.h"
#include "runner/vm/vm_state.h"

#include <lauxlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*push)(lua_State *L);
} in_c[] = {{"json", lib_push_json}, {"secret", lib_push_secret}, {"template", lib_push_template}};

/* What stands in the cache while a module is being evaluated: nothing that a script could return.
 */
static char evaluating;

static int not_found(lua_State *L, const struct version *v, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < ARRAY_LEN(in_c); i++) {
        luaL_addstring(&b, " ");
        luaL_addstring(&b, in_c[i].name);
    }
    for (size_t i = 0; v && i < v->lualib->count; i++) {
        luaL_addstring(&b, " ");
        luaL_addstring(&b, v->lualib->modules[i].name);
    }
    for (uint32_t i = 1; v && i < v->count; i++) {
        luaL_addstring(&b, " ");
        luaL_addstring(&b, v->files[i].name);
    }
    luaL_pushresult(&b);
    return luaL_error(L, "require: module '%s' not found; there is:%s", name, lua_tostring(L, -1));
}

/* The module on top goes into the cache, under the name at 1; nil becomes true, as in stock Lua. */
static int keep(lua_State *L)
{
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, VM_REF_MODULES);
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
    return keep(L);
}

static void mark_evaluating(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, VM_REF_MODULES);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, &evaluating);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* A module of the version: a script like the trigger's own file, so it can be preempted. */
static int load_script(lua_State *L, const struct code *code)
{
    mark_evaluating(L);
    code_push(L, code);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, evaluated);
    return keep(L);
}

static int load_lualib(lua_State *L, const struct code *code)
{
    mark_evaluating(L);
    code_push(L, code);
    lua_pushvalue(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, VM_REF_HOST);
    lua_call(L, 2, 1);
    return keep(L);
}

/* A module whose evaluation failed leaves its mark, so a second require of it says the same as a
 * circle: both mean that it is not there. */
static int require(lua_State *L)
{
    size_t bytes;
    const char *name = luaL_checklstring(L, 1, &bytes);
    luaL_argcheck(L, strlen(name) == bytes, 1, "a name has no NUL byte");
    const struct version *v = vm_of(L)->version;
    lua_settop(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, VM_REF_MODULES);
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
            return keep(L);
        }
    }
    const struct code *code = v ? lualib_find(v->lualib, name) : NULL;
    if (code)
        return load_lualib(L, code);
    int own = v ? version_find(v, name) : -1;
    return own >= 0 ? load_script(L, &v->files[own]) : not_found(L, v, name);
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
    lua_rawseti(L, LUA_REGISTRYINDEX, VM_REF_MODULES);
    lib_push_host(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, VM_REF_HOST);
    lua_pushcfunction(L, require);
    lua_setglobal(L, "require");
}
