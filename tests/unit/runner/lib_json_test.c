/* SPDX-License-Identifier: MIT */
/* require "json" and require "template", as scripts see them. What they do with values is in
 * json_test.c and template_test.c. */
#include "lib_harness.h"

static int setup(void **state)
{
    harness_setup(state);
    struct vm *vm = *state;
    vm->shared.output_bytes = 1 << 20;
    lib_json_push(vm->L);
    lua_setglobal(vm->L, "json");
    lib_template_push(vm->L);
    lua_setglobal(vm->L, "template");
    return 0;
}

static void scripts_see_values_and_errors(void **state)
{
    harness_run(*state, __FILE__, "lib_json.lua");
}

static void expect_kill(const char *chunk, const char *code)
{
    void *state;
    setup(&state);
    struct vm *vm = state;
    if (setjmp(vm->kill) == 0) {
        assert_int_equal(luaL_loadstring(vm->L, chunk), LUA_OK);
        vm->polls = 20000;
        vm_tick = 1;
        int status = lua_pcall(vm->L, 0, 0, 0);
        fail_msg("not killed, %d: %s", status, luaL_tolstring(vm->L, -1, NULL));
    }
    vm_tick = 0;
    assert_string_equal(vm->code, code);
    harness_free(vm);
}

static void hostile_values_end_by_a_limit(void **state)
{
    (void)state;
    expect_kill("local t = {} for i = 1, 500 do t[i] = i end "
                "template.render(('{{#each t}}'):rep(8) .. ('{{/each}}'):rep(8), {t = t})",
                "limit.cpu");
    expect_kill("local t = {} for i = 1, 200 do t[i] = i end while true do json.encode(t) end",
                "limit.cpu");
    expect_kill("local s = '[' .. ('1,'):rep(4000) .. '1]' while true do json.decode(s) end",
                "limit.cpu");
    expect_kill("local s, t = '[' .. ('[],'):rep(80000) .. '1]', {} "
                "while true do t[#t + 1] = json.decode(s) end",
                "limit.memory");
    expect_kill("local s, t = '\"' .. ('\\\\n'):rep(1 << 20) .. '\"', {} "
                "while true do t[#t + 1] = json.decode(s) end",
                "limit.memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scripts_see_values_and_errors, setup, harness_teardown),
        cmocka_unit_test(hostile_values_end_by_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
