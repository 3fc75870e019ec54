/* SPDX-License-Identifier: MIT */
#include "runner/run/event.h"

#include "runner/lib/lua_json.h"
#include "runner/run/script.h"

#include <lauxlib.h>

static int refuse_assignment(lua_State *L)
{
    return luaL_error(L, "event is read-only");
}

/* Walks the table behind the event, by the pairs that is given as an upvalue, so that a script
 * cannot change it. */
static int pairs_of_event(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    lua_call(L, 1, 3);
    return 3;
}

void event_open(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 5);
    lua_pushcfunction(L, refuse_assignment);
    lua_setfield(L, -2, "__newindex");
    lua_getglobal(L, "pairs");
    lua_pushcclosure(L, pairs_of_event, 1);
    lua_setfield(L, -2, "__pairs");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    lua_pushvalue(L, -1);
    lua_json_set_view(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_EVENT);
}

/* Puts the table on top in the place of the one that event_open made. */
static void put_behind(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_EVENT);
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_json_set_view(L, -2);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

bool event_fill(struct script *s, struct text json, struct error *err)
{
    lua_State *L = s->vm.L;
    char at[TEXT_TIME];
    if (!lua_json_push_event(L, json, err))
        return false;
    if (!lua_istable(L, -1))
        return error_set(err, ERROR_INTERNAL, "it is not an object");
    lua_pushstring(L, s->run_id);
    lua_setfield(L, -2, "runId");
    text_time(s->vm.shared.start_ms, at);
    lua_pushstring(L, at);
    lua_setfield(L, -2, "at");
    if (lua_getfield(L, -1, "body") != LUA_TTABLE) {
        lua_newtable(L); /* none was sent: event.body.x is nil, not an error */
        lua_setfield(L, -3, "body");
    }
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "inputs") == LUA_TNIL) {
        lua_getfield(L, -2, "body");
        lua_setfield(L, -3, "inputs");
    }
    lua_pop(L, 1);
    put_behind(L);
    lua_pop(L, 1);
    return true;
}

void event_set_instruction(struct script *s, struct text instruction)
{
    lua_State *L = s->vm.L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    if (instruction.data)
        lua_pushlstring(L, instruction.data, instruction.len);
    else
        lua_pushnil(L);
    lua_setfield(L, -2, "instruction");
    lua_pop(L, 1);
}

struct text event_body_instruction(struct script *s)
{
    lua_State *L = s->vm.L;
    struct text found = TEXT_NONE;
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    if (lua_getfield(L, -1, "body") == LUA_TTABLE) {
        lua_pushliteral(L, "instruction");
        if (lua_rawget(L, -2) == LUA_TSTRING)
            found.data = lua_tolstring(L, -1, &found.len);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
    return found.len > 0 ? found : TEXT_NONE;
}
