/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static void text_absent_differs_from_empty(void **state)
{
    (void)state;
    assert_false(text_eq(TEXT_NONE, TEXT("")));
    assert_true(text_eq(TEXT_NONE, text_of(NULL)));
    assert_true(text_is(TEXT(""), ""));
    assert_false(text_is(TEXT_NONE, ""));
    assert_false(text_starts(TEXT_NONE, ""));
}

static void text_fold_is_ascii_only(void **state)
{
    (void)state;
    assert_true(text_is_fold(TEXT("BeArEr"), "bearer"));
    assert_false(text_is_fold(TEXT("bearer "), "bearer"));
    assert_false(text_is_fold(TEXT("[@"), "{`"));
    assert_false(text_is_fold(TEXT("\xc3\x84"), "\xc3\xa4"));
}

static void text_trim_removes_spaces_and_tabs_only(void **state)
{
    (void)state;
    assert_true(text_is(text_trim(TEXT(" \t a b\t ")), "a b"));
    assert_true(text_is(text_trim(TEXT("\n a")), "\n a"));
    assert_true(text_is(text_trim(TEXT("  ")), ""));
}

static void text_cut_ends_with_absent(void **state)
{
    (void)state;
    struct text rest = TEXT("a,,b,");
    assert_true(text_is(text_cut(&rest, ','), "a"));
    assert_true(text_is(text_cut(&rest, ','), ""));
    assert_true(text_is(text_cut(&rest, ','), "b"));
    assert_true(text_is(rest, ""));
    assert_true(text_is(text_cut(&rest, ','), ""));
    assert_null(rest.data);
}

static void text_u64_takes_digits_within_range(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(text_u64(TEXT("18446744073709551615"), &n));
    assert_true(n == UINT64_MAX);
    assert_true(text_u64(TEXT("0"), &n));
    assert_true(n == 0);
    const char *bad[] = {
        "",  "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x1", "1e3",
        NULL};
    for (size_t i = 0; bad[i]; i++)
        assert_false(text_u64(text_of(bad[i]), &n));
    assert_true(n == 0);
}

static void utf8_accepts_the_edges_of_every_length(void **state)
{
    (void)state;
    const char *good[] = {"",
                          "\x7f",
                          "\xc2\x80",
                          "\xdf\xbf",
                          "\xe0\xa0\x80",
                          "\xed\x9f\xbf",
                          "\xee\x80\x80",
                          "\xef\xbf\xbf",
                          "\xf0\x90\x80\x80",
                          "\xf4\x8f\xbf\xbf",
                          "12345678\xc3\xa4"
                          "1234567\xe2\x82\xac",
                          NULL};
    for (size_t i = 0; good[i]; i++)
        assert_true(text_utf8_ok(text_of(good[i])));
    assert_true(text_utf8_ok((struct text){"a\0b", 3}));
    assert_int_equal(text_utf8_count(TEXT("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
}

/* The bytes stand at the end of their own allocation, so that reading on is seen by the sanitizer.
 */
static bool ok_in_own_memory(const char *bytes)
{
    size_t len = strlen(bytes);
    char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    bool ok = text_utf8_ok((struct text){copy, len});
    free(copy);
    return ok;
}

static void utf8_that_was_cut_loses_its_stump(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t whole;
    } rows[] = {
        {"", 0},         {"ab", 2},           {"a\xc3\xa4", 3},     {"a\xc3", 1},
        {"\xe2\x82", 0}, {"\xe2\x82\xac", 3}, {"x\xf0\x9f\x98", 1}, {"x\xf0\x9f\x98\x80", 5},
        {"a\xff", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(text_utf8_whole(text_of(rows[i].text)), rows[i].whole);
}

static void utf8_refuses_overlong_surrogates_and_stumps(void **state)
{
    (void)state;
    const char *bad[] = {"\x80",
                         "\xbf",
                         "\xc0\x80",
                         "\xc1\xbf",
                         "\xe0\x9f\xbf",
                         "\xed\xa0\x80",
                         "\xed\xbf\xbf",
                         "\xf0\x8f\xbf\xbf",
                         "\xf4\x90\x80\x80",
                         "\xf5\x80\x80\x80",
                         "\xff",
                         "\xfe",
                         "\xc2",
                         "\xe2\x82",
                         "\xf0\x9f\x98",
                         "\xe2\x82(",
                         "\xf0\x9f\x98(",
                         "12345678\xc2",
                         "\xc2\xc2\x80",
                         NULL};
    for (size_t i = 0; bad[i]; i++)
        assert_false(ok_in_own_memory(bad[i]));
}

static void duration_is_a_whole_number_and_a_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"250ms", 250},
                {"30s", 30000},
                {"5m", 300000},
                {"2h", 7200000},
                {"3d", 259200000},
                {"0s", 0},
                {"9223372036854775807ms", INT64_MAX}};
    int64_t ms = -1;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(text_duration_ms(text_of(good[i].text), &ms));
        assert_true(ms == good[i].ms);
    }
    const char *bad[] = {"",
                         "s",
                         "5",
                         "5 s",
                         "-5s",
                         "1.5h",
                         "5S",
                         "5sec",
                         "5ms ",
                         " 5ms",
                         "5m5s",
                         "9223372036854775808ms",
                         "9223372036854775807s",
                         "106751991168d",
                         NULL};
    for (size_t i = 0; bad[i]; i++)
        assert_false(text_duration_ms(text_of(bad[i]), &ms));
    assert_false(text_duration_ms(TEXT_NONE, &ms));
}

static void size_counts_in_1024(void **state)
{
    (void)state;
    int64_t bytes;
    assert_true(text_size_bytes(TEXT("64KB"), &bytes) && bytes == 65536);
    assert_true(text_size_bytes(TEXT("16MB"), &bytes) && bytes == 16 << 20);
    assert_true(text_size_bytes(TEXT("1GB"), &bytes) && bytes == 1 << 30);
    assert_true(text_size_bytes(TEXT("123"), &bytes) && bytes == 123);
    const char *bad[] = {"", "KB", "1kb", "1K", "1.5MB", "-1", "9223372036854775807KB", NULL};
    for (size_t i = 0; bad[i]; i++)
        assert_false(text_size_bytes(text_of(bad[i]), &bytes));
}

static const char *const names[] = {"timeout", "wait", "unique", "schedule", "filter", NULL};

static void nearest_finds_a_slip_of_the_finger(void **state)
{
    (void)state;
    assert_string_equal(text_nearest(TEXT("timeuot"), names), "timeout");
    assert_string_equal(text_nearest(TEXT("time_out"), names), "timeout");
    assert_string_equal(text_nearest(TEXT("shedule"), names), "schedule");
    assert_string_equal(text_nearest(TEXT("wiat"), names), "wait");
    assert_string_equal(text_nearest(TEXT("wait"), names), "wait");
}

static void nearest_stays_silent_when_nothing_is_close(void **state)
{
    (void)state;
    assert_null(text_nearest(TEXT("colour"), names));
    assert_null(text_nearest(TEXT(""), names));
    char huge[1000];
    memset(huge, 'a', sizeof huge);
    assert_null(text_nearest((struct text){huge, sizeof huge}, names));
    assert_null(text_nearest(TEXT("wait"), (const char *const[]){NULL}));
}

static void percent_decodes_once(void **state)
{
    (void)state;
    char out[32];
    size_t len;
    assert_true(text_percent_decode(TEXT("a%2Fb%252F+%c3%A4"), out, &len));
    assert_string_equal(out, "a/b%2F+\xc3\xa4");
    assert_int_equal(len, strlen(out));
    const char *bad[] = {"%", "%1", "%zz", "%0g", "a%00b", "%-1", NULL};
    for (size_t i = 0; bad[i]; i++)
        assert_false(text_percent_decode(text_of(bad[i]), out, &len));
}

static void query_decodes_the_value(void **state)
{
    (void)state;
    char out[16];
    struct text query = TEXT("a=1&b+c=x+y%26z&flag&e=&%61b=2");
    assert_int_equal(text_query(query, "a", out, sizeof out), 1);
    assert_string_equal(out, "1");
    assert_int_equal(text_query(query, "b c", out, sizeof out), 1);
    assert_string_equal(out, "x y&z");
    assert_int_equal(text_query(query, "flag", out, sizeof out), 1);
    assert_string_equal(out, "");
    assert_int_equal(text_query(query, "e", out, sizeof out), 1);
    assert_string_equal(out, "");
    assert_int_equal(text_query(query, "ab", out, sizeof out), 1);
    assert_string_equal(out, "2");
}

static void query_counts_repeats_and_keeps_the_first(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(text_query(TEXT("&&a=1&a=2&aa=3&a=4&"), "a", out, sizeof out), 3);
    assert_string_equal(out, "1");
    assert_int_equal(text_query(TEXT("aa=3"), "a", out, sizeof out), 0);
    assert_string_equal(out, "");
    assert_int_equal(text_query(TEXT_NONE, "a", out, sizeof out), 0);
    assert_int_equal(text_query(TEXT("a=b=c"), "a", out, sizeof out), 1);
    assert_string_equal(out, "b=c");
}

static void query_refuses_malformed_and_too_long(void **state)
{
    (void)state;
    char out[4];
    assert_int_equal(text_query(TEXT("a=%zz"), "a", out, sizeof out), -1);
    assert_int_equal(text_query(TEXT("a=%00"), "a", out, sizeof out), -1);
    assert_int_equal(text_query(TEXT("%a=1"), "b", out, sizeof out), -1);
    memset(out, 'x', sizeof out);
    assert_int_equal(text_query(TEXT("a=1234"), "a", out, sizeof out), -1);
    assert_string_equal(out, ""); /* whoever looks at it all the same reads no further than it */
    assert_int_equal(text_query(TEXT("a=123"), "a", out, sizeof out), 1);
}

static void time_is_rfc3339_in_utc(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {951868799999, "2000-02-29T23:59:59.999Z"},
        {1709251199999, "2024-02-29T23:59:59.999Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    char out[TEXT_TIME];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        text_time(cases[i].ms, out);
        assert_string_equal(out, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_absent_differs_from_empty),
        cmocka_unit_test(text_fold_is_ascii_only),
        cmocka_unit_test(text_trim_removes_spaces_and_tabs_only),
        cmocka_unit_test(text_cut_ends_with_absent),
        cmocka_unit_test(text_u64_takes_digits_within_range),
        cmocka_unit_test(utf8_accepts_the_edges_of_every_length),
        cmocka_unit_test(utf8_that_was_cut_loses_its_stump),
        cmocka_unit_test(utf8_refuses_overlong_surrogates_and_stumps),
        cmocka_unit_test(duration_is_a_whole_number_and_a_unit),
        cmocka_unit_test(size_counts_in_1024),
        cmocka_unit_test(nearest_finds_a_slip_of_the_finger),
        cmocka_unit_test(nearest_stays_silent_when_nothing_is_close),
        cmocka_unit_test(percent_decodes_once),
        cmocka_unit_test(query_decodes_the_value),
        cmocka_unit_test(query_counts_repeats_and_keeps_the_first),
        cmocka_unit_test(query_refuses_malformed_and_too_long),
        cmocka_unit_test(time_is_rfc3339_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
