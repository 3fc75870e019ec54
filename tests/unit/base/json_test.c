/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text in an allocation of exactly its size, so that reading on is seen by the sanitizer. */
static cJSON *parse_bytes(struct text in, struct error *err)
{
    char *copy = malloc(in.len ? in.len : 1);
    assert_non_null(copy);
    memcpy(copy, in.data, in.len);
    cJSON *tree = json_parse((struct text){copy, in.len}, err);
    free(copy);
    return tree;
}

static cJSON *parse(const char *in)
{
    struct error err = {0};
    cJSON *tree = parse_bytes(text_of(in), &err);
    if (!tree)
        fail_msg("%s: %s", in, err.text);
    return tree;
}

static void assert_refused(const char *in, const char *why)
{
    struct error err = {0};
    cJSON *tree = parse_bytes(text_of(in), &err);
    if (tree)
        fail_msg("accepted: %s", in);
    assert_string_equal(err.text, why);
}

/* Parses, writes, compares. */
static void assert_becomes(const char *in, const char *want)
{
    cJSON *tree = parse(in);
    struct buf b;
    buf_init(&b, 1 << 20);
    json_put_tree(&b, tree);
    assert_string_equal(b.data, want);
    buf_done(&b);
    cJSON_Delete(tree);
}

static void json_keeps_what_it_reads(void **state)
{
    (void)state;
    assert_becomes(" [ ] ", "[]");
    assert_becomes("{}", "{}");
    assert_becomes("\t{\"b\" : [1, -2.5 ,true,false,null,\"x\"],\r\n\"a\":{\"\":0}} \n",
                   "{\"b\":[1,-2.5,true,false,null,\"x\"],\"a\":{\"\":0}}");
    assert_becomes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001F\\u20ac\\uD83D\\uDE00\xc3\xa4\"",
                   "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa4\"");
}

static void json_tree_can_be_changed_with_cjson(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"a\":[1,2],\"b\":\"x\"}");
    cJSON_AddNumberToObject(tree, "c", 3);
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "b");
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(tree, "a"), cJSON_CreateTrue());
    char *printed = cJSON_PrintUnformatted(tree);
    assert_string_equal(printed, "{\"a\":[1,2,true],\"c\":3}");
    cJSON_free(printed);
    cJSON_Delete(tree);
}

static void json_refuses_syntax_errors_and_says_where(void **state)
{
    (void)state;
    assert_refused("", "byte 0: expected a value but found the end");
    assert_refused("  ", "byte 2: expected a value but found the end");
    assert_refused("[1,]", "byte 3: expected a value but found ']'");
    assert_refused("[1 2]", "byte 3: expected ',' or ']' but found '2'");
    assert_refused("[1", "byte 2: expected ',' or ']' but found the end");
    assert_refused("[", "byte 1: expected a value but found the end");
    assert_refused("{", "byte 1: expected a name in quotes but found the end");
    assert_refused("{\"a\":1,}", "byte 7: expected a name in quotes but found '}'");
    assert_refused("{a:1}", "byte 1: expected a name in quotes but found 'a'");
    assert_refused("{\"a\" 1}", "byte 5: expected ':' but found '1'");
    assert_refused("{\"a\":1]", "byte 6: expected ',' or '}' but found ']'");
    assert_refused("'a'", "byte 0: expected a value but found '''");
    assert_refused("nul", "byte 0: expected a value but found 'n'");
    assert_refused("truer", "byte 4: expected the end but found 'r'");
    assert_refused("True", "byte 0: expected a value but found 'T'");
    assert_refused("[1] // x", "byte 4: expected the end but found '/'");
    assert_refused("\v1", "byte 0: expected a value but found byte 0x0b");
    assert_refused("NaN", "byte 0: expected a value but found 'N'");
}

static void json_refuses_a_nul_behind_the_value(void **state)
{
    (void)state;
    struct error err;
    assert_null(parse_bytes((struct text){"1\0", 2}, &err));
    assert_string_equal(err.text, "byte 1: expected the end but found byte 0x00");
}

static void json_refuses_a_byte_order_mark(void **state)
{
    (void)state;
    assert_refused("\xef\xbb\xbf{}", "byte 0: a byte order mark stands in front");
}

static void json_refuses_bad_strings_and_says_where(void **state)
{
    (void)state;
    assert_refused("\"abc", "byte 0: a string does not end");
    assert_refused("\"abc\\", "byte 0: a string does not end");
    assert_refused("\"abc\\\"", "byte 0: a string does not end");
    assert_refused("\"a\nb\"", "byte 2: a string holds a raw control character");
    assert_refused("\"a\\x\"", "byte 2: unknown escape in a string");
    assert_refused("\"a\\u00g0\"", "byte 2: \\u wants four hexadecimal digits");
    assert_refused("\"a\\u00\"", "byte 2: \\u wants four hexadecimal digits");
    assert_refused("\"a\\u0000\"", "byte 2: a string holds NUL (\\u0000)");
    assert_refused("[\"\xc0\x80\"]", "byte 2: invalid UTF-8");
    assert_refused("[\"\xed\xa0\x80\"]", "byte 2: invalid UTF-8");
    assert_refused("[\"ab\xe2\x82\"]", "byte 4: invalid UTF-8");
    struct error err;
    assert_null(parse_bytes((struct text){"\"a\0b\"", 5}, &err));
    assert_string_equal(err.text, "byte 2: a string holds a raw control character");
}

static void json_refuses_lone_surrogates(void **state)
{
    (void)state;
    assert_refused("\"\\ud83d\"", "byte 1: lone surrogate");
    assert_refused("\"\\ude00\"", "byte 1: lone surrogate");
    assert_refused("\"\\ude00\\ud83d\"", "byte 1: lone surrogate");
    assert_refused("\"\\ud83d\\ud83d\"", "byte 1: lone surrogate");
    assert_refused("\"\\ud83dx\\ude00\"", "byte 1: lone surrogate");
    assert_refused("\"\\ud83d\\n\"", "byte 1: lone surrogate");
}

static void json_refuses_repeated_name(void **state)
{
    (void)state;
    assert_refused("{\"a\":1,\"b\":2,\"a\":3}", "byte 13: name \"a\" is repeated");
    assert_refused("{\"a\":{\"a\":{\"x\":1,\"x\":1}}}", "byte 17: name \"x\" is repeated");
    assert_becomes("{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"A\":2}",
                   "{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"A\":2}");
}

static void json_refuses_repeated_name_after_unescaping(void **state)
{
    (void)state;
    assert_refused("{\"a\":1,\"\\u0061\":2}", "byte 7: name \"\\u0061\" is repeated");
    assert_refused("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}",
                   "byte 10: name \"\\ud83d\\ude00\" is repeated");
}

static void json_refuses_repeated_name_among_many(void **state)
{
    (void)state;
    for (int count = 10; count < 3000; count = count * 3 / 2) {
        struct buf b;
        buf_init(&b, 1 << 20);
        for (int i = 0; i < count; i++)
            buf_printf(&b, "%c\"name%d\":%d", i ? ',' : '{', i, i);
        buf_char(&b, '}');
        cJSON_Delete(parse(b.data));
        b.len--;
        char want[64];
        snprintf(want, sizeof want, "byte %zu: name \"name%d\" is repeated", b.len + 1, count / 2);
        buf_printf(&b, ",\"name%d\":0}", count / 2);
        assert_refused(b.data, want);
        buf_done(&b);
    }
}

static void json_shows_long_names_shortened(void **state)
{
    (void)state;
    char name[121], in[300];
    for (size_t i = 0; i < 120; i += 2)
        memcpy(name + i, "\xc3\xa4", 3);
    snprintf(in, sizeof in, "{\"x%s\":1,\"x%s\":2}", name, name);
    struct error err;
    assert_null(json_parse(text_of(in), &err));
    assert_true(text_utf8_ok(text_of(err.text)));
    assert_non_null(strstr(err.text, "...\" is repeated"));
    assert_in_range(strlen(err.text), 60, 120);
}

static void json_depth_ends_at_the_limit(void **state)
{
    (void)state;
    char in[2 * JSON_DEPTH + 3];
    memset(in, '[', JSON_DEPTH);
    memset(in + JSON_DEPTH, ']', JSON_DEPTH);
    in[2 * JSON_DEPTH] = '\0';
    cJSON_Delete(parse(in));
    memset(in, '[', JSON_DEPTH + 1);
    memset(in + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    in[2 * JSON_DEPTH + 2] = '\0';
    struct error err;
    assert_null(json_parse(text_of(in), &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.text, "byte 64: more than 64 levels deep");
    assert_refused("[[],[[],{}],{},", "byte 15: expected a value but found the end");
}

static void json_values_end_at_the_limit(void **state)
{
    (void)state;
    struct error err;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_char(&b, '[');
    for (int i = 0; i < JSON_VALUES - 2; i++)
        buf_str(&b, "1,");
    buf_str(&b, "1]");
    cJSON_Delete(parse(b.data));
    buf_drop_front(&b, 1);
    b.data[b.len - 1] = 0;
    char *more = test_malloc(b.len + 8);
    sprintf(more, "[1,%s]", b.data);
    assert_null(json_parse(text_of(more), &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.text, "byte 524287: more than 262144 values");
    cJSON *own = json_parse_own(text_of(more), &err);
    assert_non_null(own);
    cJSON_Delete(own);
    test_free(more);
    buf_done(&b);
}

static void json_depth_counts_open_levels_only(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_char(&b, '[');
    for (int i = 0; i < 500; i++)
        buf_str(&b, "[],{},{\"a\":[1]},");
    buf_str(&b, "0]");
    cJSON_Delete(parse(b.data));
    buf_done(&b);
}

static void json_refuses_bad_numbers_and_says_where(void **state)
{
    (void)state;
    assert_refused("[01]", "byte 1: a number starts with a superfluous 0");
    assert_refused("-", "byte 1: expected a digit but found the end");
    assert_refused("+1", "byte 0: expected a value but found '+'");
    assert_refused(".5", "byte 0: expected a value but found '.'");
    assert_refused("1.", "byte 2: expected a digit but found the end");
    assert_refused("1.e5", "byte 2: expected a digit but found 'e'");
    assert_refused("1e", "byte 2: expected a digit but found the end");
    assert_refused("1e+", "byte 3: expected a digit but found the end");
    assert_refused("0x10", "byte 1: expected the end but found 'x'");
    assert_refused("[1e309]", "byte 1: a number is beyond the range of a double");
    assert_refused("-1e99999999999999999999", "byte 0: a number is beyond the range of a double");
}

static void json_reads_the_nearest_double(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0",
        "-0",
        "0.1",
        "1e23",
        "9007199254740993",
        "123456789012345678901234567890",
        "0.000000000000000000000000000001",
        "1.7976931348623157e308",
        "4.9e-324",
        "1e-999",
        "0e999",
        "2.2250738585072011e-308",
        "1234567890123456",
        "100000000000000000000000",
        "8.41e+21",
        "1.00000000000000011102230246251565404236316680908203124",
        "123456789012345e22",
        "0.0000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000001e158"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *tree = parse(cases[i]);
        double want = strtod(cases[i], NULL);
        assert_memory_equal(&tree->valuedouble, &want, sizeof want);
        cJSON_Delete(tree);
    }
}

/* Digits that decide only behind the 800th, which is where they are no longer kept. */
static void json_reads_the_nearest_double_of_a_long_text(void **state)
{
    (void)state;
    static const char half[] = "9007199254740993"; /* between two doubles, the even one below */
    struct buf b;
    buf_init(&b, 4000);
    for (int tail = 0; tail < 2; tail++) {
        buf_clear(&b);
        buf_str(&b, half);
        buf_char(&b, '.');
        for (int i = 0; i < 1500; i++)
            buf_char(&b, '0');
        buf_char(&b, tail ? '1' : '0');
        cJSON *tree = parse(b.data);
        assert_true(tree->valuedouble == (tail ? 9007199254740994.0 : 9007199254740992.0));
        assert_true(tree->valuedouble == strtod(b.data, NULL));
        cJSON_Delete(tree);
    }
    buf_done(&b);
}

static void json_string_writes_replacement_for_invalid_utf8(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    json_put_string(&b, (struct text){"a\xff\xe2\x82z\0\x7f", 7});
    assert_string_equal(b.data, "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\\u0000\x7f\"");
    buf_clear(&b);
    json_put_cstr(&b, NULL);
    assert_string_equal(b.data, "null");
    buf_done(&b);
}

static void json_tree_deeper_than_the_limit_is_full_not_wrong(void **state)
{
    (void)state;
    cJSON *root = cJSON_CreateArray(), *at = root;
    for (int i = 1; i < JSON_DEPTH_OUT; i++) {
        cJSON *inner = cJSON_CreateArray();
        cJSON_AddItemToArray(at, inner);
        at = inner;
    }
    struct buf b;
    buf_init(&b, 10000);
    json_put_tree(&b, root);
    json_put_canonical(&b, root);
    assert_false(b.full);
    cJSON_AddItemToArray(at, cJSON_CreateObject());
    json_put_tree(&b, root);
    assert_true(b.full);
    buf_clear(&b);
    json_put_canonical(&b, root);
    assert_true(b.full);
    buf_done(&b);
    cJSON_Delete(root);
}

static void json_readers_check_the_type(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"s\":\"x\",\"n\":2.5,\"t\":true,\"f\":false,\"z\":null,\"S\":\"y\"}");
    assert_string_equal(json_string(tree, "s"), "x");
    assert_string_equal(json_string(tree, "S"), "y");
    assert_null(json_string(tree, "n"));
    assert_null(json_string(tree, "none"));
    assert_true(json_number(tree, "n", 7) == 2.5);
    assert_true(json_number(tree, "s", 7) == 7);
    assert_true(json_bool(tree, "t", false));
    assert_false(json_bool(tree, "f", true));
    assert_true(json_bool(tree, "z", true));
    assert_non_null(json_get(tree, "z"));
    assert_null(json_get(NULL, "z"));
    assert_null(json_get(json_get(tree, "s"), "z"));
    cJSON_Delete(tree);
}

static void json_path_follows_members_and_indexes(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"customer\":{\"tier\":\"gold\"},\"lines\":[{\"id\":1},{\"id\":2}],"
                        "\"0\":{\"\":5},\"cust\":1}");
    assert_string_equal(json_path(tree, "customer.tier")->valuestring, "gold");
    assert_true(json_path(tree, "lines.1.id")->valuedouble == 2);
    assert_true(json_path(tree, "0.")->valuedouble == 5);
    const char *missing[] = {"",           "custom",   "customer.",      "customer.tier.x",
                             "lines.2.id", "lines.01", "lines.-1",       "lines.x",
                             "lines.",     ".",        "customer..tier", NULL};
    for (size_t i = 0; missing[i]; i++)
        assert_null(json_path(tree, missing[i]));
    assert_null(json_path(NULL, "a"));
    cJSON_Delete(tree);
}

static bool equal(const char *a, const char *b)
{
    cJSON *x = parse(a), *y = parse(b);
    bool same = json_equal(x, y);
    assert_int_equal(json_equal(y, x), same);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return same;
}

static void json_equal_ignores_the_order_of_members_only(void **state)
{
    (void)state;
    assert_true(equal("{\"a\":1,\"b\":[1,2]}", "{\"b\":[1.0,2e0],\"a\":1}"));
    assert_false(equal("[1,2]", "[2,1]"));
    assert_false(equal("[1]", "[1,1]"));
    assert_false(equal("{\"a\":1}", "{\"A\":1}"));
    assert_false(equal("{\"a\":1}", "{\"a\":1,\"b\":1}"));
    assert_false(equal("{\"a\":null}", "{\"b\":null}"));
    assert_true(equal("\"\\u0061\"", "\"a\""));
    assert_true(equal("0", "-0"));
}

static void json_integers_within_64_bits_keep_their_digits(void **state)
{
    (void)state;
    static const char *const kept[] = {
        "9007199254740991",     "9007199254740992",         "9007199254740993",
        "-9007199254740993",    "9223372036854775807",      "-9223372036854775808",
        "9223372036854775808",  "18446744073709551615",     "1152921504606846976",
        "[820982911946154508]", "{\"a\":-9007199254740992}"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        assert_becomes(kept[i], kept[i]);
    assert_becomes("[-0,1.0,1e3,0.10]", "[0,1,1000,0.1]");
}

static void json_copies_keep_the_digits(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"id\":9007199254740993}"), *copy = cJSON_Duplicate(tree, true);
    struct buf b;
    buf_init(&b, 100);
    json_put_tree(&b, copy);
    assert_string_equal(b.data, "{\"id\":9007199254740993}");
    buf_done(&b);
    cJSON_Delete(copy);
    cJSON_Delete(tree);
}

static void json_int64_takes_what_is_whole_and_fits(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool fits;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"1.0", true, 1},
        {"-12e2", true, -1200},
        {"9007199254740993", true, 9007199254740993},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"1e18", true, 1000000000000000000},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"18446744073709551615", false, 0},
        {"1e20", false, 0},
        {"1.5", false, 0},
        {"\"1\"", false, 0},
        {"null", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cJSON *tree = parse(rows[i].json);
        int64_t value = 0;
        if (json_int64(tree, &value) != rows[i].fits || value != rows[i].value)
            fail_msg("%s: %lld", rows[i].json, (long long)value);
        cJSON_Delete(tree);
    }
}

static void json_compares_integers_digit_by_digit(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"9007199254740992", "9007199254740993", -1},
        {"-9007199254740993", "-9007199254740992", -1},
        {"9223372036854775806", "9223372036854775807", -1},
        {"9223372036854775807", "9223372036854775808", -1},
        {"-9223372036854775808", "-9223372036854775807", -1},
        {"9007199254740992.0", "9007199254740993", -1},
        {"9007199254740993", "9007199254740994.0", -1},
        {"1152921504606846976", "1152921504606846976.0", 0},
        {"1", "1.5", -1},
        {"-1.5", "-1", -1},
        {"9223372036854775807", "1e19", -1},
        {"-1e19", "-9223372036854775808", -1},
        {"18446744073709551615", "18446744073709551614", 0}, /* doubles: beyond 64 bits */
        {"1", "1.0", 0},
        {"-0", "0", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cJSON *a = parse(rows[i].a), *b = parse(rows[i].b);
        if (json_compare_numbers(a, b) != rows[i].order ||
            json_compare_numbers(b, a) != -rows[i].order)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
        assert_int_equal(json_equal(a, b), rows[i].order == 0);
        cJSON_Delete(a);
        cJSON_Delete(b);
    }
}

static void json_equal_is_strict_about_types(void **state)
{
    (void)state;
    const char *values[] = {"0", "\"0\"", "false", "true", "null", "[]", "{}", "\"\""};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        for (size_t k = 0; k < ARRAY_LEN(values); k++)
            assert_int_equal(equal(values[i], values[k]), i == k);
    }
    assert_false(json_equal(NULL, NULL));
}

static void assert_value(const char *in, bool want)
{
    size_t len = strlen(in);
    char *copy = malloc(len ? len : 1); /* of exactly its size */
    assert_non_null(copy);
    memcpy(copy, in, len);
    if (json_is_value((struct text){copy, len}, JSON_DEPTH) != want)
        fail_msg("%s: %s", in, want ? "not seen as a value" : "seen as a value");
    free(copy);
}

static void json_is_value_knows_one_value_from_all_else(void **state)
{
    (void)state;
    static const char *const values[] = {
        "0",      "-0.5e+10", " null ", "\"\"",       "\"\\u0041\\n\\\"\xc3\xa4\"",       "[]",
        "[1,[]]", "{}",       "true",   "{\"a\":{}}", "{\"a\":[1, 2],\"a\":{\"b\":null}}"};
    static const char *const others[] = {
        "",           " ",      "1 2",       "1}",        "}",       "{\"a\":1},\"type\":{\"b\":1}",
        "[",          "[1",     "[1,]",      "[,]",       "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{1:1}",  "01",        "-",         "1.",      "1e",
        "\"",         "\"\\\"", "\"\\x\"",   "\"\\u12\"", "\"\n\"",  "\"\xff\"",
        "nul",        "[1}",    "{\"a\":1]", "NaN",       "+1",      "\xef\xbb\xbf[]"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        assert_value(values[i], true);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_value(others[i], false);
}

static void json_is_value_counts_levels(void **state)
{
    (void)state;
    char deep[2 * (JSON_DEPTH + 1) + 1];
    for (size_t levels = JSON_DEPTH; levels <= JSON_DEPTH + 1; levels++) {
        memset(deep, '[', levels);
        memset(deep + levels, ']', levels);
        deep[2 * levels] = '\0';
        assert_value(deep, levels == JSON_DEPTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_keeps_what_it_reads),
        cmocka_unit_test(json_is_value_knows_one_value_from_all_else),
        cmocka_unit_test(json_is_value_counts_levels),
        cmocka_unit_test(json_tree_can_be_changed_with_cjson),
        cmocka_unit_test(json_refuses_syntax_errors_and_says_where),
        cmocka_unit_test(json_refuses_a_nul_behind_the_value),
        cmocka_unit_test(json_refuses_a_byte_order_mark),
        cmocka_unit_test(json_refuses_bad_strings_and_says_where),
        cmocka_unit_test(json_refuses_lone_surrogates),
        cmocka_unit_test(json_refuses_repeated_name),
        cmocka_unit_test(json_refuses_repeated_name_after_unescaping),
        cmocka_unit_test(json_refuses_repeated_name_among_many),
        cmocka_unit_test(json_shows_long_names_shortened),
        cmocka_unit_test(json_depth_ends_at_the_limit),
        cmocka_unit_test(json_depth_counts_open_levels_only),
        cmocka_unit_test(json_values_end_at_the_limit),
        cmocka_unit_test(json_refuses_bad_numbers_and_says_where),
        cmocka_unit_test(json_reads_the_nearest_double),
        cmocka_unit_test(json_reads_the_nearest_double_of_a_long_text),
        cmocka_unit_test(json_string_writes_replacement_for_invalid_utf8),
        cmocka_unit_test(json_tree_deeper_than_the_limit_is_full_not_wrong),
        cmocka_unit_test(json_readers_check_the_type),
        cmocka_unit_test(json_path_follows_members_and_indexes),
        cmocka_unit_test(json_equal_ignores_the_order_of_members_only),
        cmocka_unit_test(json_equal_is_strict_about_types),
        cmocka_unit_test(json_integers_within_64_bits_keep_their_digits),
        cmocka_unit_test(json_copies_keep_the_digits),
        cmocka_unit_test(json_int64_takes_what_is_whole_and_fits),
        cmocka_unit_test(json_compares_integers_digit_by_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
