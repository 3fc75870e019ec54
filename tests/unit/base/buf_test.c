/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/buf.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static void buf_is_always_terminated(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_null(b.data);
    buf_str(&b, "one ");
    buf_text(&b, TEXT("two "));
    buf_char(&b, '3');
    buf_add(&b, "", 0);
    buf_text(&b, TEXT_NONE);
    buf_printf(&b, " %s", "four");
    assert_string_equal(b.data, "one two 3 four");
    assert_int_equal(b.len, strlen(b.data));
    buf_done(&b);
    assert_null(b.data);
}

static void buf_fills_to_max_exactly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    for (int i = 0; i < 100; i++)
        buf_char(&b, 'x');
    assert_false(b.full);
    assert_int_equal(b.len, 100);
    buf_char(&b, 'y');
    assert_true(b.full);
    assert_int_equal(b.len, 100);
    buf_done(&b);
}

static void buf_beyond_max_appends_nothing_for_good(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    buf_str(&b, "12345");
    buf_str(&b, "6789");
    assert_true(b.full);
    buf_str(&b, "6");
    buf_printf(&b, "%d", 6);
    buf_int(&b, 6);
    assert_string_equal(b.data, "12345");
    assert_false(buf_reserve(&b, SIZE_MAX));
    buf_clear(&b);
    assert_false(b.full);
    buf_printf(&b, "%s", "123456789");
    assert_true(b.full);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

static void buf_int_writes_the_extremes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_int(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_int(&b, INT64_MAX);
    buf_char(&b, ' ');
    buf_int(&b, 0);
    assert_string_equal(b.data, "-9223372036854775808 9223372036854775807 0");
    buf_done(&b);
}

static void buf_take_hands_the_memory_over(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_null(buf_take(&b));
    buf_str(&b, "text");
    char *taken = buf_take(&b);
    assert_string_equal(taken, "text");
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 100);
    buf_str(&b, "next");
    assert_string_equal(taken, "text");
    free(taken);
    buf_done(&b);
}

static void buf_drop_front_keeps_the_rest(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_drop_front(&b, 0);
    buf_str(&b, "abcdef");
    buf_drop_front(&b, 4);
    assert_string_equal(b.data, "ef");
    buf_drop_front(&b, 2);
    assert_string_equal(b.data, "");
    assert_int_equal(buf_view(&b).len, 0);
    buf_done(&b);
}

static void buf_reserved_room_may_be_written(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5000);
    assert_true(buf_reserve(&b, 5000));
    memset(b.data, 'z', 5000);
    b.len = 5000;
    b.data[b.len] = '\0';
    assert_false(buf_reserve(&b, 1));
    buf_done(&b);
}

static void mem_zero_bytes_is_memory(void **state)
{
    (void)state;
    void *a = mem_alloc(0), *b = mem_zero(0, 8), *c = mem_dup(NULL, 0);
    char *d = mem_text_n(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_string_equal(d, "");
    assert_null(mem_text(NULL));
    free(mem_grow(a, 10));
    free(b);
    free(c);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_is_always_terminated),
        cmocka_unit_test(buf_fills_to_max_exactly),
        cmocka_unit_test(buf_beyond_max_appends_nothing_for_good),
        cmocka_unit_test(buf_int_writes_the_extremes),
        cmocka_unit_test(buf_take_hands_the_memory_over),
        cmocka_unit_test(buf_drop_front_keeps_the_rest),
        cmocka_unit_test(buf_reserved_room_may_be_written),
        cmocka_unit_test(mem_zero_bytes_is_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
