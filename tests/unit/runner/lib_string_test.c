/* SPDX-License-Identifier: MIT */
#include "lib_harness.h"

static void patterns_do_as_stock_lua(void **state)
{
    harness_run(*state, __FILE__, "lib_pattern.lua");
}

static void string_functions_do_as_stock_lua(void **state)
{
    harness_run(*state, __FILE__, "lib_string.lua");
}

/* What takes stock Lua longer than anybody waits. */
static void hostile_arguments_end_by_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *chunk, *code;
    } hostile[] = {
        {"string.find(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(30))", "limit.cpu"},
        {"string.match(('a'):rep(5000), ('.-'):rep(20) .. 'b')", "limit.cpu"},
        {"string.gsub(('a'):rep(1000000), '(a*)(a*)(a*)b', '')", "limit.cpu"},
        {"for _ in string.gmatch(('ab'):rep(100000), '(.*)(.*)(.*)(.*)c') do end", "limit.cpu"},
        {"string.find(('x'):rep(1000000), '[' .. ('a'):rep(10000) .. ']*y')", "limit.cpu"},
        {"string.find(('%'):rep(100000), ('%b%%'):rep(3) .. ('.-'):rep(6) .. '!')", "limit.cpu"},
        {"string.rep('x', 1 << 40)", "limit.memory"},
        {"string.rep('', 10, ('x'):rep(1 << 25))", "limit.memory"},
        {"string.gsub(('x'):rep(1 << 20), 'x', ('y'):rep(1 << 20))", "limit.memory"},
    };
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
        harness_expect_kill(hostile[i].chunk, 2000, hostile[i].code);
}

static void ordinary_arguments_need_few_polls(void **state)
{
    struct vm *vm = *state;
    if (setjmp(vm->kill))
        fail_msg("killed: %s", vm->code);
    vm->polls = 20000;
    vm_tick = 1;
    const char *chunk =
        "local s = ('key=value; '):rep(500)\n"
        "local n = 0\n"
        "for k, v in s:gmatch('(%w+)=(%w+)') do n = n + 1 end\n"
        "assert(n == 500 and s:gsub(';', ',') and s:find('nothing', 1, true) == nil)\n"
        "assert(#string.rep('', 1 << 60) == 0)";
    if (luaL_dostring(vm->L, chunk) != LUA_OK)
        fail_msg("%s", lua_tostring(vm->L, -1));
    vm_tick = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(patterns_do_as_stock_lua, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(string_functions_do_as_stock_lua, harness_setup,
                                        harness_teardown),
        cmocka_unit_test(hostile_arguments_end_by_a_limit),
        cmocka_unit_test_setup_teardown(ordinary_arguments_need_few_polls, harness_setup,
                                        harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
