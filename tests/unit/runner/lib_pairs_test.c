/* SPDX-License-Identifier: MIT */
#include "lib_harness.h"

static void traversal_depends_on_the_keys_alone(void **state)
{
    harness_run(*state, __FILE__, "lib_pairs.lua");
}

/* Two states hash their strings differently; both must walk in the same order. */
static void two_states_walk_alike(void **state)
{
    const char *chunk = "local t = {}\n"
                        "for i = 1, 200 do t['key' .. i * 7919 % 211] = i; t[i * 0.5] = i end\n"
                        "local out = {}\n"
                        "for k in pairs(t) do out[#out + 1] = k end\n"
                        "for k in next, t do out[#out + 1] = k end\n"
                        "return table.concat(out, ' ')";
    struct vm *a = *state;
    struct vm *b = harness_new();
    assert_int_equal(luaL_dostring(a->L, chunk), LUA_OK);
    assert_int_equal(luaL_dostring(b->L, chunk), LUA_OK);
    assert_string_equal(lua_tostring(a->L, -1), lua_tostring(b->L, -1));
    harness_free(b);
}

static void expect_little_work(struct vm *vm, const char *walk, const char *how)
{
    const char *chunk = luaL_gsub(vm->L, walk, "%s", how);
    if (setjmp(vm->kill))
        fail_msg("%s: too much work: %s", walk, how);
    vm->polls = 20000 * 25;
    vm_tick = 1;
    assert_int_equal(luaL_dostring(vm->L, chunk), LUA_OK);
    vm_tick = 0;
    lua_settop(vm->L, 0);
}

/* The number of polls stands for the work done. */
static void a_whole_traversal_sorts_once(void **state)
{
    static const char *const walks[] = {
        "local t = {} for i = 1, 20000 do t['k' .. i] = i end for k in %s do end",
        "local t = {} for i = 1, 20000 do t[i * 3] = i end for k in %s do end",
        "local t = {} for i = 1, 20000 do t[i] = i end t[5000] = nil for k in %s do end",
        "local t = {} for i = 1, 20000 do t['k' .. i] = i end for k in %s do t[k] = nil end",
        "local t = {} for i = 1, 20000 do t['k' .. i] = i end for k in %s do local x = next({}) end",
    };
    for (size_t i = 0; i < ARRAY_LEN(walks); i++) {
        expect_little_work(*state, walks[i], "pairs(t)");
        expect_little_work(*state, walks[i], "next, t");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(traversal_depends_on_the_keys_alone, harness_setup,
                                        harness_teardown),
        cmocka_unit_test_setup_teardown(two_states_walk_alike, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(a_whole_traversal_sorts_once, harness_setup,
                                        harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
