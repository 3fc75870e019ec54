/* SPDX-License-Identifier: MIT */
/* What a match costs; what it means is compared with RegExp in tests/api/json_schema.test.mjs. */
#include "test.h"

#include "domain/schema/regex.h"
#include <string.h>

/* 16 KB of a's, with a dash after every so many. */
static uint32_t cost(const char *pattern, size_t run, enum regex_verdict *verdict)
{
    static char subject[REGEX_SUBJECT];
    struct error err;
    const uint32_t given = 100000000;
    uint32_t steps = given;
    memset(subject, 'a', sizeof subject);
    for (size_t i = run; i < sizeof subject; i += run + 1)
        subject[i] = '-';
    struct regex *r = regex_new(text_of(pattern), &err);
    if (!r)
        fail_msg("%s: %s", pattern, err.text);
    *verdict = regex_match(r, (struct text){subject, sizeof subject}, &steps);
    regex_free(r);
    return given - steps;
}

static void a_count_that_is_not_reached_costs_what_it_passed(void **state)
{
    (void)state;
    enum regex_verdict verdict;
    assert_in_range(cost("[a-z]{1000}", 999, &verdict), 400000, 2000000);
    assert_int_equal(verdict, REGEX_NO);
    assert_in_range(cost("\\p{L}{1000}", 999, &verdict), 400000, 2000000);
    assert_in_range(cost("[a-z]{3,1000}-b", 99, &verdict), 16384, 40000000);
    assert_in_range(cost("[a-z]{20}", 10, &verdict), 16384, 100000); /* a small one adds nothing */
}

static void a_back_reference_costs_what_it_compares(void **state)
{
    (void)state;
    enum regex_verdict verdict;
    uint32_t with = cost("^(a+)-(?:a|\\1x)*$", 8000, &verdict);
    assert_in_range(with, 1000000, 100000000);
    with = cost("^(a+)-(?:a|\\1x)*$", 10, &verdict);
    assert_in_range(with, 1, 10000);
}

static void an_honest_pattern_costs_little(void **state)
{
    (void)state;
    enum regex_verdict verdict;
    assert_in_range(cost("^[a-z-]+$", 99, &verdict), 1, 100000);
    assert_in_range(cost("^[0-9a-f]{64}$", 64, &verdict), 1, 1000);
    assert_int_equal(verdict, REGEX_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_that_is_not_reached_costs_what_it_passed),
        cmocka_unit_test(a_back_reference_costs_what_it_compares),
        cmocka_unit_test(an_honest_pattern_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
