/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/error.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>

static void error_set_returns_false_and_fills(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_set(&err, ERROR_MISSING, "no trigger \"%s\"", "a"));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_string_equal(err.text, "no trigger \"a\"");
}

static void error_accepts_null(void **state)
{
    (void)state;
    assert_false(error_set(NULL, ERROR_IO, "x"));
    assert_false(error_errno(NULL, ENOENT, "x"));
    assert_false(error_context(NULL, "x"));
}

static void error_context_goes_in_front_and_keeps_the_code(void **state)
{
    (void)state;
    struct error err;
    error_errno(&err, ENOENT, "opening %s", "a.lua");
    error_context(&err, "loading project %d", 7);
    assert_int_equal(err.code, ERROR_IO);
    assert_string_equal(err.text, "loading project 7: opening a.lua: No such file or directory");
}

static void error_context_may_print_its_own_text(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_INVALID, "inner");
    error_context(&err, "saw [%s]", err.text);
    assert_string_equal(err.text, "saw [inner]: inner");
}

static void error_text_is_cut_between_characters(void **state)
{
    (void)state;
    char long_text[ERROR_TEXT * 2];
    struct error err;
    for (size_t shift = 0; shift < 4; shift++) {
        size_t len = 0;
        while (len < shift)
            long_text[len++] = 'x';
        for (; len + 5 < sizeof long_text; len += 4)
            memcpy(long_text + len, "\xf0\x9f\x98\x80", 4);
        long_text[len] = '\0';
        error_set(&err, ERROR_INVALID, "%s", long_text);
        assert_true(text_utf8_ok(text_of(err.text)));
        assert_in_range(strlen(err.text), ERROR_TEXT - 4, ERROR_TEXT - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_set_returns_false_and_fills),
        cmocka_unit_test(error_accepts_null),
        cmocka_unit_test(error_context_goes_in_front_and_keeps_the_code),
        cmocka_unit_test(error_context_may_print_its_own_text),
        cmocka_unit_test(error_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
