/* SPDX-License-Identifier: MIT */
/* Coroutines. Stock semantics, and one thing more: a host yield (a preemption, or a wait for an
 * answer; see vm.h) inside a coroutine goes through resume and wrap to the run loop without the
 * script seeing it.
 *
 * So a coroutine can be suspended for two reasons, and only one that called coroutine.yield itself
 * may be resumed by a script: the others wait for the host, and are "normal" to scripts, as if they
 * were in the middle of resuming another. */
#include "runner/lib/lib.h"
#include "runner/vm/vm.h"

/* Each close counts for ten resumes: lua_resetthread does not pass on how deep the C stack is
 * (fixed in Lua 5.4.6). */
enum { COROUTINES_NESTED = 50, CLOSE_WEIGHT = 10 };

static int yield_to_script(lua_State *L)
{
    struct vm_shared *shared = vm_shared(L);
    if (shared->coroutine_depth == 0)
        return luaL_error(L, "attempt to yield from outside a coroutine");
    shared->host_yield = false;
    return lua_yield(L, lua_gettop(L));
}

/* co stands where it called coroutine.yield. */
static bool yielded_to_script(lua_State *co)
{
    lua_Debug ar;
    if (!lua_getstack(co, 0, &ar) || !lua_checkstack(co, 1) || !lua_getinfo(co, "f", &ar))
        return false;
    bool yielded = lua_tocfunction(co, -1) == yield_to_script;
    lua_pop(co, 1);
    return yielded;
}

enum status { STATUS_RUNNING, STATUS_SUSPENDED, STATUS_NORMAL, STATUS_DEAD };

static enum status status_of(lua_State *L, lua_State *co)
{
    lua_Debug ar;
    if (co == L)
        return STATUS_RUNNING;
    switch (lua_status(co)) {
    case LUA_YIELD:
        return yielded_to_script(co) ? STATUS_SUSPENDED : STATUS_NORMAL;
    case LUA_OK:
        if (lua_getstack(co, 0, &ar))
            return STATUS_NORMAL;
        return lua_gettop(co) == 0 ? STATUS_DEAD : STATUS_SUSPENDED;
    default:
        return STATUS_DEAD;
    }
}

/* ---- switching ---- */

/* A hook that was set on one coroutine but has not run yet is wanted on the one that
 * runs next, too. */
static void carry_hook(lua_State *from, lua_State *to)
{
    lua_Hook hook = lua_gethook(from);
    if (hook)
        lua_sethook(to, hook, lua_gethookmask(from), lua_gethookcount(from));
}

/* lua_resume and lua_resetthread with the vm's account of who runs. */
static void switch_in(lua_State *L, lua_State *co, struct vm_shared *shared, int weight)
{
    shared->coroutine_depth += weight;
    shared->pinned += !lua_isyieldable(L);
    shared->running = co;
    carry_hook(L, co);
}

static void switch_out(lua_State *L, lua_State *co, struct vm_shared *shared, int weight)
{
    shared->running = L;
    shared->coroutine_depth -= weight;
    shared->pinned -= !lua_isyieldable(L);
    carry_hook(co, L);
    vm_poll(L);
}

static bool may_reset(lua_State *L)
{
    return vm_shared(L)->coroutine_depth + CLOSE_WEIGHT <= COROUTINES_NESTED;
}

static int reset(lua_State *L, lua_State *co)
{
    struct vm_shared *shared = vm_shared(L);
    switch_in(L, co, shared, CLOSE_WEIGHT);
    int status = lua_resetthread(co);
    switch_out(L, co, shared, CLOSE_WEIGHT);
    return status;
}

/* Instead of a count of values: an error is on top. */
enum { FAILED = -1 };

static int refuse(lua_State *L, const char *reason)
{
    lua_pushstring(L, reason);
    return FAILED;
}

/* Moves what the coroutine yielded, returned or raised to L. Returns how many values, or FAILED
 * with the error on top. */
static int collect(lua_State *L, lua_State *co, int status, int results)
{
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return FAILED;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        return refuse(L, "too many results to resume");
    }
    lua_xmove(co, L, results);
    return results;
}

/* Moves `args` values from L's top into co, if it can be resumed. FAILED: why not is on top. */
static int prepare(lua_State *L, lua_State *co, int args)
{
    enum status status = status_of(L, co);
    if (status == STATUS_DEAD)
        return refuse(L, "cannot resume dead coroutine");
    if (status != STATUS_SUSPENDED)
        return refuse(L, "cannot resume non-suspended coroutine");
    if (vm_shared(L)->coroutine_depth >= COROUTINES_NESTED)
        return refuse(L, "coroutine.resume: too many nested coroutines (at most 50)");
    if (!lua_checkstack(co, args))
        return refuse(L, "too many arguments to resume");
    lua_xmove(L, co, args);
    return 0;
}

/* ---- resume, wrap ---- */

/* What is done with the outcome of a coroutine: finish_resume or finish_wrap. */
typedef int finish(lua_State *L, lua_State *co, int moved);

static int go_on(lua_State *L, lua_State *co, int args, finish *finish, lua_KFunction again)
{
    struct vm_shared *shared = vm_shared(L);
    int results = 0;
    switch_in(L, co, shared, 1);
    int status = lua_resume(co, L, args, &results);
    switch_out(L, co, shared, 1);
    if (status == LUA_YIELD && shared->host_yield)
        return lua_yieldk(L, 0, 0, again); /* comes back in `again` when the host lets it go on */
    return finish(L, co, collect(L, co, status, results));
}

static int finish_resume(lua_State *L, lua_State *co, int moved)
{
    (void)co;
    lua_pushboolean(L, moved != FAILED);
    int values = moved == FAILED ? 1 : moved;
    lua_insert(L, -(values + 1));
    return values + 1;
}

static lua_State *check_coroutine(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

static int resume_again(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    return go_on(L, lua_tothread(L, 1), 0, finish_resume, resume_again);
}

static int coroutine_resume(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    int args = lua_gettop(L) - 1;
    if (prepare(L, co, args) == FAILED)
        return finish_resume(L, co, FAILED);
    return go_on(L, co, args, finish_resume, resume_again);
}

static int finish_wrap(lua_State *L, lua_State *co, int moved)
{
    if (moved != FAILED)
        return moved;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD && may_reset(L)) {
        /* It died: close its variables, which may fail anew. */
        lua_xmove(L, co, 1);
        reset(L, co);
        lua_xmove(co, L, 1);
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int wrap_again(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    return go_on(L, lua_tothread(L, lua_upvalueindex(1)), 0, finish_wrap, wrap_again);
}

static int wrap_call(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int args = lua_gettop(L);
    if (prepare(L, co, args) == FAILED)
        return finish_wrap(L, co, FAILED);
    return go_on(L, co, args, finish_wrap, wrap_again);
}

/* ---- the rest ---- */

static int coroutine_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int coroutine_wrap(lua_State *L)
{
    coroutine_create(L);
    lua_pushcclosure(L, wrap_call, 1);
    return 1;
}

static int coroutine_status(lua_State *L)
{
    static const char *const names[] = {"running", "suspended", "normal", "dead"};
    lua_pushstring(L, names[status_of(L, check_coroutine(L))]);
    return 1;
}

static int coroutine_close(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    enum status status = status_of(L, co);
    if (status != STATUS_DEAD && status != STATUS_SUSPENDED)
        return luaL_error(L, "cannot close a %s coroutine",
                          status == STATUS_RUNNING ? "running" : "normal");
    if (!may_reset(L))
        return luaL_error(L, "coroutine.close: too many nested coroutines (at most 50)");
    if (reset(L, co) == LUA_OK) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushboolean(L, false);
    lua_xmove(co, L, 1);
    return 2;
}

/* A task of the run loop is a coroutine, too, but the main program to its script. */
static int coroutine_isyieldable(lua_State *L)
{
    lua_State *co = lua_isnone(L, 1) ? L : check_coroutine(L);
    bool main = co == L ? vm_shared(L)->coroutine_depth == 0 : vm_is_task(L, co);
    lua_pushboolean(L, !main && lua_isyieldable(co));
    return 1;
}

static int coroutine_running(lua_State *L)
{
    lua_pushthread(L);
    lua_pushboolean(L, vm_shared(L)->coroutine_depth == 0);
    return 2;
}

static const luaL_Reg functions[] = {
    {"close", coroutine_close},
    {"create", coroutine_create},
    {"resume", coroutine_resume},
    {"isyieldable", coroutine_isyieldable},
    {"status", coroutine_status},
    {"running", coroutine_running},
    {"wrap", coroutine_wrap},
    {"yield", yield_to_script},
    {NULL, NULL},
};

void lib_coroutine_open(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_setglobal(L, "coroutine");
}
