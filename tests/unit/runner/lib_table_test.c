/* SPDX-License-Identifier: MIT */
#include "lib_harness.h"

#include "runner/lib/sort.h"

static void table_functions_do_as_stock_lua(void **state)
{
    harness_run(*state, __FILE__, "lib_table.lua");
}

/* Answers at random: the result must still be a permutation, after few enough questions. */
static bool random_answer(void *arg, uint32_t a, uint32_t b)
{
    uint64_t *random = arg;
    random[1]++;
    random[0] = random[0] * 6364136223846793005U + 1442695040888963407U + a + b;
    return random[0] >> 63;
}

static void sort_with_any_answers_is_a_permutation(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    uint32_t order[MANY], scratch[MANY];
    uint64_t random[2] = {1, 0};
    for (uint32_t n = 0; n <= MANY; n += n < 70 ? 1 : 93) {
        bool seen[MANY] = {false};
        random[1] = 0;
        sort_indices(order, scratch, n, random_answer, random);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(order[i] < n && !seen[order[i]]);
            seen[order[i]] = true;
        }
        assert_true(random[1] <= (uint64_t)n * 12);
    }
}

static bool less(void *arg, uint32_t a, uint32_t b)
{
    const int *values = arg;
    return values[a] < values[b];
}

static void sort_keeps_equals_in_their_order(void **state)
{
    (void)state;
    enum { MANY = 500 };
    int values[MANY];
    uint32_t order[MANY], scratch[MANY];
    for (int i = 0; i < MANY; i++)
        values[i] = i * 7919 % 13;
    sort_indices(order, scratch, MANY, less, values);
    for (int i = 1; i < MANY; i++) {
        int before = values[order[i - 1]], here = values[order[i]];
        assert_true(before < here || (before == here && order[i - 1] < order[i]));
    }
}

static void hostile_ranges_end_by_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *chunk, *code;
    } hostile[] = {
        {"table.insert(setmetatable({}, {__len = function() return 1 << 62 end}), 1, 'x')",
         "limit.cpu"},
        {"table.remove(setmetatable({}, {__len = function() return 1 << 62 end}), 1)", "limit.cpu"},
        {"table.move({}, 1, 1 << 62, 2)", "limit.cpu"},
        {"table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1 << 62)",
         "limit.cpu"},
        {"table.concat(setmetatable({}, {__index = function() return ('x'):rep(1 << 20) end}), '', "
         "1, 1 << 62)",
         "limit.memory"},
        {"table.sort(setmetatable({}, {__len = function() return 1 << 30 end, "
         "__index = function() return 1 end}))",
         "limit.memory"},
        {"local t = {} for i = 1, 3000 do t[i] = -i end table.sort(t, function(a, b) return a < b end)",
         "limit.cpu"},
        {"local t = {} for i = 1, 3000 do t['k' .. i] = 1 end for k in pairs(t) do end",
         "limit.cpu"},
    };
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
        harness_expect_kill(hostile[i].chunk, 2000, hostile[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(table_functions_do_as_stock_lua, harness_setup,
                                        harness_teardown),
        cmocka_unit_test(sort_with_any_answers_is_a_permutation),
        cmocka_unit_test(sort_keeps_equals_in_their_order),
        cmocka_unit_test(hostile_ranges_end_by_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
