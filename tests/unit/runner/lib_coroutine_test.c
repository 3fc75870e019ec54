/* SPDX-License-Identifier: MIT */
#include "lib_harness.h"

/* A run loop in small: one task, which waits by wait(x) and may be preempted at each instruction.
 */

static int wait_again(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    return lua_gettop(L); /* the answer is the question */
}

static int wait_for_host(lua_State *L)
{
    if (!vm_can_wait(L))
        return luaL_error(L, "cannot wait here");
    vm_shared(L)->host_yield = true;
    return lua_yieldk(L, 0, 0, wait_again);
}

static int can_wait(lua_State *L)
{
    lua_pushboolean(L, vm_can_wait(L));
    return 1;
}

static int running_is_right(lua_State *L)
{
    lua_pushboolean(L, vm_shared(L)->running == L);
    return 1;
}

static void preempt(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    assert_ptr_equal(vm_shared(L)->running, L);
    if (!vm_can_wait(L))
        return;
    vm_shared(L)->host_yield = true;
    lua_yield(L, 0);
}

static const luaL_Reg functions[] = {
    {"wait", wait_for_host},      {"can_wait", can_wait}, {"running_is_right", running_is_right},
    {"collect", harness_collect}, {NULL, NULL},
};

/* Runs the function on top of the task; gives how often it yielded to the host. */
static long run_task(struct vm *vm, lua_State *task)
{
    long yields = 0;
    int results, status;
    do {
        vm->shared.coroutine_depth = 0;
        vm->shared.pinned = 0;
        vm->shared.running = task;
        vm->shared.host_yield = false;
        status = lua_resume(task, vm->L, 0, &results);
        vm->shared.running = vm->L;
        yields++;
        if (status == LUA_YIELD && yields % 5000 == 0)
            harness_collect(vm->L);
    } while (status == LUA_YIELD && vm->shared.host_yield);
    if (status != LUA_OK)
        fail_msg("%s", status == LUA_YIELD ? "a script's yield came out" : lua_tostring(task, -1));
    assert_int_equal(vm->shared.coroutine_depth, 0);
    assert_int_equal(vm->shared.pinned, 0);
    return yields - 1;
}

static lua_State *new_task(struct vm *vm, const char *file)
{
    lua_State *L = vm->L;
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_State *task = lua_newthread(L);
    char path[1024];
    snprintf(path, sizeof path, "%.*s%s", (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__,
             file);
    if (luaL_loadfile(task, path) != LUA_OK)
        fail_msg("%s", lua_tostring(task, -1));
    return task;
}

static void coroutines_and_waits_inside_them(void **state)
{
    struct vm *vm = *state;
    if (setjmp(vm->kill))
        fail_msg("killed: %s", vm->code);
    lua_State *task = new_task(vm, "lib_coroutine.lua");
    assert_true(run_task(vm, task) > 10);
}

/* Nothing that a script can see may depend on when it leaves the processor. */
static void preempted_at_each_instruction_nothing_changes(void **state)
{
    struct vm *vm = *state;
    if (setjmp(vm->kill))
        fail_msg("killed: %s", vm->code);
    lua_State *task = new_task(vm, "lib_coroutine.lua");
    lua_sethook(task, preempt, LUA_MASKCOUNT, 1);
    assert_true(run_task(vm, task) > 1000);
}

static int step_task(struct vm *vm, lua_State *task)
{
    int results;
    vm->shared.coroutine_depth = vm->shared.pinned = 0;
    vm->shared.running = task;
    vm->shared.host_yield = false;
    int status = lua_resume(task, vm->L, 0, &results);
    if (status != LUA_OK && status != LUA_YIELD)
        fail_msg("%s", lua_tostring(task, -1));
    return status;
}

/* Its answer would go to the wrong place, and the script's values into the wait. */
static void a_coroutine_that_waits_cannot_be_resumed_by_another_task(void **state)
{
    struct vm *vm = *state;
    lua_pushglobaltable(vm->L);
    luaL_setfuncs(vm->L, functions, 0);
    lua_State *a = lua_newthread(vm->L), *b = lua_newthread(vm->L);
    assert_int_equal(luaL_loadstring(a, "task = coroutine.running()\n"
                                        "co = coroutine.create(function()\n"
                                        "  local x = wait('answer')\n"
                                        "  return x\n"
                                        "end)\n"
                                        "local ok, x = coroutine.resume(co)\n"
                                        "assert(ok and x == 'answer')"),
                     LUA_OK);
    assert_int_equal(luaL_loadstring(b, "for _, c in ipairs {co, task} do\n"
                                        "  assert(coroutine.status(c) == 'normal')\n"
                                        "  assert(not coroutine.resume(c, 1))\n"
                                        "  assert(not pcall(coroutine.close, c))\n"
                                        "end"),
                     LUA_OK);
    assert_int_equal(step_task(vm, a), LUA_YIELD);
    assert_int_equal(step_task(vm, b), LUA_OK);
    assert_int_equal(step_task(vm, a), LUA_OK);
}

static void a_kill_ends_nested_coroutines(void **state)
{
    (void)state;
    harness_expect_kill("local function nest(n)\n"
                        "  local co = coroutine.wrap(function()\n"
                        "    pcall(function()\n"
                        "      if n > 0 then nest(n - 1) end\n"
                        "      string.find(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40))\n"
                        "    end)\n"
                        "  end)\n"
                        "  co()\n"
                        "end\n"
                        "nest(10)",
                        2000, "limit.cpu");
    harness_expect_kill("while true do pcall(coroutine.wrap(function() error('x') end)) end", 2000,
                        "limit.cpu");
}

static int never(lua_State *L)
{
    (void)L;
    return 0;
}

static void no_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    lua_pushboolean(L, true);
    lua_setfield(L, LUA_REGISTRYINDEX, "test.hook");
}

static int arm_hook(lua_State *L)
{
    lua_sethook(L, no_hook, LUA_MASKCOUNT, 1);
    return 0;
}

/* As when the allocator asks for a collection in a C function that then yields: the hook must not
 * stay behind. */
static void a_hook_set_on_a_coroutine_fires_on_its_resumer(void **state)
{
    lua_State *L = ((struct vm *)*state)->L;
    lua_register(L, "arm_hook", arm_hook);
    lua_register(L, "never", never);
    assert_int_equal(luaL_dostring(L, "local co = coroutine.wrap(arm_hook)\n"
                                      "co()\n"
                                      "local x = 1\n"
                                      "never(x)"),
                     LUA_OK);
    assert_int_equal(lua_getfield(L, LUA_REGISTRYINDEX, "test.hook"), LUA_TBOOLEAN);
    assert_null(lua_gethook(L));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(coroutines_and_waits_inside_them, harness_setup,
                                        harness_teardown),
        cmocka_unit_test_setup_teardown(preempted_at_each_instruction_nothing_changes,
                                        harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(a_coroutine_that_waits_cannot_be_resumed_by_another_task,
                                        harness_setup, harness_teardown),
        cmocka_unit_test(a_kill_ends_nested_coroutines),
        cmocka_unit_test_setup_teardown(a_hook_set_on_a_coroutine_fires_on_its_resumer,
                                        harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
