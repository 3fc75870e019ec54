/* SPDX-License-Identifier: MIT */
#include "runner/run/host_task.h"

#include "runner/run/script.h"

#include <lauxlib.h>
#include <string.h>

enum { TASKS_MAX = 1024 };
enum { USER_COROUTINE = 1, USER_RESULTS, USER_VALUES = USER_RESULTS }; /* of the userdata */

static const char type_name[] = "task";

static struct task *check_task(lua_State *L, int arg)
{
    return luaL_checkudata(L, arg, type_name);
}

static bool has_ended(const struct task *t)
{
    return t->state >= TASK_ENDED;
}

static size_t count_live(const struct script *s)
{
    size_t count = 0;
    LIST_EACH(node, &s->tasks.live)
    count++;
    return count;
}

/* The userdata on top stays alive until its task has ended. */
static void keep_alive(lua_State *L, struct task *t)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_TASKS);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, t);
    lua_pop(L, 1);
}

int host_task_spawn(lua_State *L)
{
    struct script *s = script_of(L);
    luaL_checktype(L, 1, LUA_TFUNCTION);
    task_check_run(L, "flow");
    if (count_live(s) >= TASKS_MAX)
        return task_raise(L, "flow", ": more than 1024 tasks at once");
    int given = lua_gettop(L);
    struct task *t = lua_newuserdatauv(L, sizeof *t, USER_VALUES);
    memset(t, 0, sizeof *t);
    luaL_setmetatable(L, type_name);
    t->co = lua_newthread(L);
    lua_setiuservalue(L, -2, USER_COROUTINE);
    keep_alive(L, t);
    lua_insert(L, 1);
    if (!lua_checkstack(t->co, given))
        return task_raise(L, "flow", ": too many arguments");
    lua_xmove(L, t->co, given);
    t->count = given - 1;
    t->parent = s->tasks.current;
    list_add(&s->tasks.live, &t->live);
    task_make_ready(&s->tasks, t);
    return 1;
}

void host_task_keep_results(lua_State *L, struct task *t)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_TASKS);
    lua_rawgetp(L, -1, t);
    lua_createtable(L, t->count, 0);
    for (int i = t->count; i >= 1; i--) {
        lua_xmove(t->co, L, 1);
        lua_rawseti(L, -2, i);
    }
    lua_setiuservalue(L, -2, USER_RESULTS);
    lua_pop(L, 2);
}

static int push_cancelled(lua_State *L)
{
    lua_pushboolean(L, false);
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "cancelled");
    lua_setfield(L, -2, "code");
    lua_pushliteral(L, "the task was cancelled");
    lua_setfield(L, -2, "message");
    return 2;
}

/* Of the task at index 1. */
static int push_results(lua_State *L, const struct task *t)
{
    if (t->state == TASK_CANCELLED)
        return push_cancelled(L);
    luaL_checkstack(L, t->count + 2, "too many results");
    lua_pushboolean(L, t->state == TASK_ENDED);
    lua_getiuservalue(L, 1, USER_RESULTS);
    int results = lua_gettop(L);
    for (int i = 1; i <= t->count; i++)
        lua_rawgeti(L, results, i);
    lua_remove(L, results);
    return 1 + t->count;
}

static int joined(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return push_results(L, check_task(L, 1));
}

int host_task_join(lua_State *L)
{
    struct task *t = check_task(L, 1);
    lua_settop(L, 1);
    if (has_ended(t))
        return push_results(L, t);
    task_check_wait(L, "flow");
    script_of(L)->tasks.current->joined = t;
    return task_suspend(L, TASK_JOIN, 0, joined);
}

/* The lowest index of a task that has ended; 0: none has. */
static lua_Integer find_ended(lua_State *L)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, count > 0, 1, "at least one task expected");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        bool ended = has_ended(check_task(L, -1));
        lua_pop(L, 1);
        if (ended)
            return i;
    }
    return 0;
}

static int any_ended(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_Integer index = find_ended(L);
    if (index == 0)
        return task_suspend(L, TASK_ANY, 0, any_ended);
    lua_pushinteger(L, index);
    return 1;
}

int host_task_join_any(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_Integer index = find_ended(L);
    if (index == 0) {
        task_check_wait(L, "flow");
        return task_suspend(L, TASK_ANY, 0, any_ended);
    }
    lua_pushinteger(L, index);
    return 1;
}

int host_task_cancel(lua_State *L)
{
    struct script *s = script_of(L);
    struct task *t = check_task(L, 1);
    if (has_ended(t))
        return 0;
    if (task_descends(s->tasks.current, t))
        return task_raise(L, "flow", ": a task cannot cancel itself");
    task_cancel_tree(s, t);
    return 0;
}

void host_task_open(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
