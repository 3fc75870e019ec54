/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/hex.h"
#include <string.h>

static void bytes_come_back(void **state)
{
    unsigned char in[256], out[256];
    char text[2 * sizeof in + 1];
    size_t len;
    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)i;
    hex_encode(in, sizeof in, text);
    assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_true(hex_decode(text_of(text), out, sizeof out, &len));
    assert_int_equal(len, sizeof in);
    assert_memory_equal(out, in, sizeof in);
    assert_true(hex_decode(TEXT("aAfF"), out, 2, &len));
    assert_memory_equal(out, "\xaa\xff", 2);
}

static void what_is_no_hex_is_refused(void **state)
{
    static const char *const bad[] = {"0", "0g", "g0", "0x", " 0", "00 ", "0@", "0`", "\xc3\xa4"};
    unsigned char out[8];
    size_t len;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (hex_decode(text_of(bad[i]), out, sizeof out, &len))
            fail_msg("%s", bad[i]);
    assert_true(hex_decode(TEXT("0011"), out, 2, &len));
    assert_false(hex_decode(TEXT("001122"), out, 2, &len));
    assert_true(hex_decode(TEXT(""), out, 0, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(what_is_no_hex_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
