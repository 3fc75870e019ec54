/* SPDX-License-Identifier: MIT */
#include "runner/run/trigger.h"

#include "runner/lib/lua_json.h"
#include "runner/lib/template.h"
#include "runner/run/program.h"
#include "runner/run/script.h"

#include <lauxlib.h>
#include <string.h>

static int trigger(lua_State *L)
{
    struct script *s = script_of(L);
    lua_Debug ar;
    if (s->stage != SCRIPT_LOADING)
        return luaL_error(L, "trigger can only be called while its file is loaded");
    if (lua_gettop(L) != 1 || !lua_istable(L, 1))
        return luaL_error(L, "trigger expects one table: return trigger { … }");
    if (s->trigger_line)
        return luaL_error(L, "trigger is called twice (first on line %d)", s->trigger_line);
    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "Sl", &ar) || ar.source[0] != '@' ||
        strcmp(ar.source + 1, s->program->files[0].name) != 0)
        return luaL_error(L, "trigger must be called by the trigger's own file");
    s->trigger_line = ar.currentline;
    lua_pushvalue(L, 1);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_DECLARATION);
    return 1;
}

void trigger_open(lua_State *L)
{
    lua_pushcfunction(L, trigger);
    lua_setglobal(L, "trigger");
}

/* Keeps declaration[name] (raw) in the registry. */
static void keep_field(lua_State *L, const char *name, enum script_ref ref)
{
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_rawseti(L, LUA_REGISTRYINDEX, ref);
}

static bool check_template(lua_State *L, struct buf *out, struct error *err)
{
    struct text source;
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_INSTRUCTION) != LUA_TSTRING) {
        lua_pop(L, 1);
        return true;
    }
    source.data = lua_tolstring(L, -1, &source.len);
    lua_newtable(L);
    buf_clear(out);
    out->max = TRIGGER_MANIFEST;
    bool ok = template_render(L, source, -1, out, err); /* what it gives is of no interest */
    lua_pop(L, 2);
    return ok || error_context(err, "instruction");
}

static bool is_settings(const struct script *s)
{
    return strcmp(s->program->files[0].name, "host.lua") == 0;
}

bool trigger_take(struct script *s, lua_State *co, struct error *err)
{
    lua_State *L = s->vm.L;
    if (is_settings(s)) {
        if (!lua_istable(co, -1))
            return error_set(err, ERROR_INVALID, "the file must end with `return { … }`");
        s->trigger_line = 1;
        lua_pushvalue(co, -1);
        lua_rawseti(co, LUA_REGISTRYINDEX, SCRIPT_REF_DECLARATION);
        return true;
    }
    lua_rawgeti(co, LUA_REGISTRYINDEX, SCRIPT_REF_DECLARATION);
    if (!s->trigger_line || !lua_rawequal(co, -1, -2))
        return error_set(err, ERROR_INVALID, "the file must end with `return trigger { … }`");
    lua_xmove(co, L, 1);
    keep_field(L, "filter", SCRIPT_REF_FILTER);
    keep_field(L, "instruction", SCRIPT_REF_INSTRUCTION);
    keep_field(L, "run", SCRIPT_REF_RUN);
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_setglobal(L, "trigger");
    return check_template(L, s->port->scratch, err);
}

/* ---- the manifest */

struct copy {
    lua_State *L;
    struct error *err;
    unsigned nodes;
};

static bool copy_value(struct copy *c, int depth);

/* Replaces the function on top by {"$function": line}. */
static void copy_function(lua_State *L)
{
    lua_Debug ar;
    lua_getinfo(L, ">S", &ar); /* pops it */
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, ar.linedefined > 0 ? ar.linedefined : 0);
    lua_setfield(L, -2, "$function");
}

/* Replaces the table on top by a copy. Keys are copied as they are: lua_json_write judges them. */
static bool copy_table(struct copy *c, int depth)
{
    lua_State *L = c->L;
    if (depth == LUA_JSON_DEPTH)
        return error_set(c->err, ERROR_LIMIT, "the declaration is deeper than 64 levels");
    luaL_checkstack(L, 8, NULL);
    int from = lua_gettop(L);
    lua_newtable(L);
    if (lua_json_is_marked(L, from))
        lua_json_mark_array(L, -1);
    for (lua_pushnil(L); lua_next(L, from);) {
        if (!copy_value(c, depth + 1))
            return false;
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, from + 1);
    }
    lua_remove(L, from);
    return true;
}

static bool copy_value(struct copy *c, int depth)
{
    if (++c->nodes > LUA_JSON_NODES)
        return error_set(c->err, ERROR_LIMIT, "the declaration has too many values");
    if (c->nodes % LUA_JSON_POLL == 0)
        vm_poll(c->L);
    if (lua_type(c->L, -1) == LUA_TTABLE)
        return copy_table(c, depth);
    if (lua_type(c->L, -1) == LUA_TFUNCTION)
        copy_function(c->L);
    return true;
}

bool trigger_manifest(struct script *s, struct buf *out, struct error *err)
{
    lua_State *L = s->vm.L;
    struct copy c = {.L = L, .err = err};
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_DECLARATION);
    if (!copy_value(&c, 0))
        return false;
    buf_clear(out);
    out->max = TRIGGER_MANIFEST;
    buf_printf(out, "{\"line\":%d,\"declaration\":", s->trigger_line);
    if (!lua_json_write(L, -1, out, "trigger", err))
        return false;
    buf_char(out, '}');
    lua_settop(L, 0);
    return !out->full || error_set(err, ERROR_LIMIT, "the declaration is larger than 1 MB as JSON");
}
