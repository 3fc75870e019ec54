/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"
#include "test.h"
#include <string.h>

struct read {
    bool json;
    const char *data;
    struct strings projects, words;
    struct error err;
};

static bool read_all(struct read *r, char **argv)
{
    const struct option_row rows[] = {
        {.name = "--json", .flag = &r->json},
        {.name = "--data", .value = &r->data},
        {.name = "--project", .many = &r->projects},
        {0},
    };
    int argc = 0;
    while (argv[argc])
        argc++;
    memset(r, 0, sizeof *r);
    return options_parse(argc, argv, rows, &r->words, &r->err);
}

#define READ(r, ...) read_all(r, (char *[]){"test", __VA_ARGS__, NULL})

static void both_spellings_flags_repeats_and_words_are_read(void **state)
{
    (void)state;
    struct read r;
    assert_true(READ(&r, "one", "--project", "a", "--json", "--data=x=y", "--project=b", "-", "--",
                     "--data"));
    assert_true(r.json);
    assert_string_equal(r.data, "x=y");
    assert_int_equal(r.projects.count, 2);
    assert_string_equal(r.projects.at[0], "a");
    assert_string_equal(r.projects.at[1], "b");
    assert_int_equal(r.words.count, 3);
    assert_string_equal(r.words.at[0], "one");
    assert_string_equal(r.words.at[1], "-");
    assert_string_equal(r.words.at[2], "--data");
}

static void an_empty_value_is_a_value(void **state)
{
    (void)state;
    struct read r;
    assert_true(READ(&r, "--data="));
    assert_string_equal(r.data, "");
}

static void what_is_wrong_is_said_with_what_would_be_right(void **state)
{
    (void)state;
    struct read r;
    assert_false(READ(&r, "--jsn"));
    assert_string_equal(r.err.text, "unknown option --jsn, did you mean --json?");
    assert_false(READ(&r, "--dta=secret"));
    assert_string_equal(r.err.text, "unknown option --dta, did you mean --data?");
    assert_false(READ(&r, "--weather"));
    assert_string_equal(r.err.text, "unknown option --weather");
    assert_false(READ(&r, "--json=yes"));
    assert_string_equal(r.err.text, "--json takes no value");
    assert_false(READ(&r, "--data"));
    assert_string_equal(r.err.text, "--data needs a value");
    assert_false(READ(&r, "--data", "--json"));
    assert_string_equal(r.err.text,
                        "--data needs a value (for one that starts with --: --data=--json)");
    assert_false(READ(&r, "--data=a", "--data=b"));
    assert_string_equal(r.err.text, "--data is given twice");
}

static void too_many_words_are_refused(void **state)
{
    (void)state;
    char *argv[OPTIONS_MANY + 3] = {"test"};
    struct read r;
    for (int i = 1; i <= OPTIONS_MANY + 1; i++)
        argv[i] = "w";
    assert_false(read_all(&r, argv));
    assert_string_equal(r.err.text, "more than 64 words");
}

static void numbers_have_bounds(void **state)
{
    (void)state;
    struct error err;
    long n = 7;
    assert_true(options_int("--limit", NULL, 1, 200, &n, &err));
    assert_int_equal(n, 7);
    assert_true(options_int("--limit", "200", 1, 200, &n, &err));
    assert_int_equal(n, 200);
    static const char *const bad[] = {"0", "201", "-1", "1.5", "", "1e2", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(options_int("--limit", bad[i], 1, 200, &n, &err));
    assert_string_equal(err.text,
                        "--limit wants a whole number from 1 to 200, not \"99999999999999999999\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_spellings_flags_repeats_and_words_are_read),
        cmocka_unit_test(an_empty_value_is_a_value),
        cmocka_unit_test(what_is_wrong_is_said_with_what_would_be_right),
        cmocka_unit_test(too_many_words_are_refused),
        cmocka_unit_test(numbers_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
