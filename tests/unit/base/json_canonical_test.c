/* SPDX-License-Identifier: MIT */
/* RFC 8785: its number vectors (appendix B), its sorting example (3.2.3), its sample (3.2.4). */
#include "test.h"

#include "base/json.h"
#include <math.h>
#include <string.h>

static void assert_canonical(const char *in, const char *want)
{
    struct error err = {0};
    cJSON *tree = json_parse(text_of(in), &err);
    assert_string_equal(err.text, "");
    struct buf b;
    buf_init(&b, 1 << 20);
    json_put_canonical(&b, tree);
    assert_string_equal(b.data, want);
    buf_done(&b);
    cJSON_Delete(tree);
}

static void assert_number(double value, const char *want)
{
    struct buf b;
    buf_init(&b, 100);
    json_put_number(&b, value);
    assert_string_equal(b.data, want);
    buf_done(&b);
}

static void numbers_match_rfc8785_appendix_b(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        const char *text;
    } vectors[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        double value;
        memcpy(&value, &vectors[i].bits, sizeof value);
        assert_number(value, vectors[i].text);
    }
}

static void numbers_that_json_lacks_are_null(void **state)
{
    (void)state;
    assert_number(NAN, "null");
    assert_number(INFINITY, "null");
    assert_number(-INFINITY, "null");
}

static void numbers_everyday(void **state)
{
    (void)state;
    assert_number(19.99, "19.99");
    assert_number(-0.5, "-0.5");
    assert_number(0.1 + 0.2, "0.30000000000000004");
    assert_number(0.001, "0.001");
    assert_number(999999999.999999, "999999999.999999");
    assert_number(1.5e300, "1.5e+300");
    assert_number(123456789012345680000.0, "123456789012345680000");
}

/* At 2^-44 the nearest decimal of 16 digits reads back as the double below; another one of 16
 * digits does not. */
static void numbers_at_powers_of_two_take_the_shorter_neighbour(void **state)
{
    (void)state;
    assert_number(0x1p-44, "5.684341886080802e-14");
    assert_number(0x1p-1022, "2.2250738585072014e-308");
    assert_number(0x1p-1074 * 3, "1.5e-323");
}

static void numbers_read_back_as_they_were(void **state)
{
    (void)state;
    uint64_t bits = 0x9e3779b97f4a7c15;
    struct buf b;
    buf_init(&b, 100);
    for (int i = 0; i < 20000; i++) {
        bits = bits * 6364136223846793005 + 1442695040888963407;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        buf_clear(&b);
        json_put_number(&b, value);
        struct error err;
        cJSON *tree = json_parse(buf_view(&b), &err);
        assert_non_null(tree);
        assert_true(tree->valuedouble == value);
        cJSON_Delete(tree);
    }
    buf_done(&b);
}

static void integers_keep_every_digit(void **state)
{
    (void)state;
    assert_canonical("[9007199254740993,9007199254740992,-9007199254740993]",
                     "[9007199254740993,9007199254740992,-9007199254740993]");
    assert_canonical("[1234567890123456788,1234567890123456789]",
                     "[1234567890123456788,1234567890123456789]");
    assert_canonical("[9223372036854775807,-9223372036854775808,9223372036854775808]",
                     "[9223372036854775807,-9223372036854775808,9223372036854775808]");
    assert_canonical("[18446744073709551614,18446744073709551615]",
                     "[18446744073709551614,18446744073709551615]");
    assert_canonical("[12345678901234567890123456789,12345678901234567890123456780]",
                     "[12345678901234567890123456789,12345678901234567890123456780]");
}

static void how_a_number_is_written_makes_no_difference(void **state)
{
    (void)state;
    assert_canonical("[1,1.0,1e0,10e-1,100E-2,-0,0.0]", "[1,1,1,1,1,0,0]");
    assert_canonical("[9007199254740994,9007199254740994.0,9.007199254740994e15]",
                     "[9007199254740994,9007199254740994,9007199254740994]");
    assert_canonical("[1e20,100000000000000000000,1.0e+20]",
                     "[100000000000000000000,100000000000000000000,100000000000000000000]");
    assert_canonical("[1000000000000000000000000,1e24]", "[1e+24,1e+24]");
    assert_canonical("[9007199254740993.5]", "[9007199254740994]");
}

/* With a point or an exponent it is a float to scripts, and to the canonical form. */
static void a_float_beyond_2_to_the_53_goes_by_its_double(void **state)
{
    (void)state;
    assert_canonical("[9007199254740993.0,9.007199254740993e15,90071992547409930e-1]",
                     "[9007199254740992,9007199254740992,9007199254740992]");
    assert_canonical("[-9007199254740995.0,9007199254740995.0]",
                     "[-9007199254740996,9007199254740996]");
    assert_canonical("[1152921504606846976.0,1.152921504606847e18,1152921504606847000]",
                     "[1152921504606846976,1152921504606846976,1152921504606847000]");
    assert_canonical("[9223372036854775807.0,18446744073709551615.0]",
                     "[9223372036854776000,18446744073709552000]");
}

/* Or `unique` and Idempotency-Key would disagree with filters, enums and what scripts see. */
static void two_numbers_within_64_bits_have_one_form_if_they_are_equal(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "9007199254740991",     "9007199254740992",      "9007199254740992.0",
        "9007199254740993",     "9007199254740993.0",    "9.007199254740993e15",
        "9007199254740993.5",   "9007199254740994",      "-9007199254740993",
        "-9007199254740993.0",  "-9007199254740992",     "1152921504606846976",
        "1152921504606847000",  "1.152921504606847e18",  "1152921504606846976.0",
        "9223372036854774784",  "9223372036854774784.0", "9223372036854775807",
        "-9223372036854775808", "-9223372036854775808.0"};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        for (size_t k = 0; k < ARRAY_LEN(forms); k++) {
            struct error err;
            cJSON *a = json_parse(text_of(forms[i]), &err),
                  *b = json_parse(text_of(forms[k]), &err);
            struct buf x, y;
            buf_init(&x, 100);
            buf_init(&y, 100);
            json_put_canonical(&x, a);
            json_put_canonical(&y, b);
            if ((strcmp(x.data, y.data) == 0) != (json_compare_numbers(a, b) == 0))
                fail_msg("%s is %s, %s is %s", forms[i], x.data, forms[k], y.data);
            buf_done(&x);
            buf_done(&y);
            cJSON_Delete(a);
            cJSON_Delete(b);
        }
}

static void names_sort_by_utf16_units(void **state)
{
    (void)state;
    assert_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
                     "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
                     "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                     "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
                     "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                     "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\","
                     "\"\xe2\x82\xac\":\"Euro Sign\","
                     "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
                     "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
    assert_canonical(
        "{\"aa\":1,\"a\":2,\"\":3,\"A\":4,\"\\ud7ff\":5,\"\\ue000\":6,\"\\ud800\\udc00\":7}",
        "{\"\":3,\"A\":4,\"a\":2,\"aa\":1,\"\xed\x9f\xbf\":5,"
        "\"\xf0\x90\x80\x80\":7,\"\xee\x80\x80\":6}");
}

static void the_sample_of_the_rfc(void **state)
{
    (void)state;
    assert_canonical("{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3,\n"
                     "    0.000000000000000000000000001],\n"
                     "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
                     "  \"literals\": [null, true, false]\n}",
                     "{\"literals\":[null,true,false],"
                     "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                     "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

static void arrays_keep_their_order_and_objects_inside_sort(void **state)
{
    (void)state;
    assert_canonical("[56,{\"d\":true,\"10\":null,\"1\":[]},{\"b\":{\"z\":1,\"y\":2},\"a\":0}]",
                     "[56,{\"1\":[],\"10\":null,\"d\":true},{\"a\":0,\"b\":{\"y\":2,\"z\":1}}]");
}

static void many_names_sort(void **state)
{
    (void)state;
    struct buf in, want;
    buf_init(&in, 1 << 20);
    buf_init(&want, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        buf_printf(&in, "%c\"%03d\":%d", i ? ',' : '{', i * 7 % 1000, i * 7 % 1000);
        buf_printf(&want, "%c\"%03d\":%d", i ? ',' : '{', i, i);
    }
    buf_char(&in, '}');
    buf_char(&want, '}');
    assert_canonical(in.data, want.data);
    buf_done(&in);
    buf_done(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_match_rfc8785_appendix_b),
        cmocka_unit_test(numbers_that_json_lacks_are_null),
        cmocka_unit_test(numbers_everyday),
        cmocka_unit_test(numbers_at_powers_of_two_take_the_shorter_neighbour),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(integers_keep_every_digit),
        cmocka_unit_test(how_a_number_is_written_makes_no_difference),
        cmocka_unit_test(a_float_beyond_2_to_the_53_goes_by_its_double),
        cmocka_unit_test(two_numbers_within_64_bits_have_one_form_if_they_are_equal),
        cmocka_unit_test(names_sort_by_utf16_units),
        cmocka_unit_test(the_sample_of_the_rfc),
        cmocka_unit_test(arrays_keep_their_order_and_objects_inside_sort),
        cmocka_unit_test(many_names_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
