/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/value.h"

static const int64_t day_ms = 86400000;

static void texts_are_measured_within_bounds(void **state)
{
    (void)state;
    static const struct {
        enum value_measure kind;
        const char *in;
        int64_t min, max, value; /* -1: refused */
        const char *text;
    } rows[] = {
        {VALUE_COUNT, "7", 1, 10, 7, NULL},
        {VALUE_COUNT, "0", 1, 10, -1, "0 is less than 1"},
        {VALUE_COUNT, "11", 1, 10, -1, "11 is more than the limit of 10"},
        {VALUE_COUNT, "7s", 1, 10, -1, "a whole number is needed, not \"7s\""},
        {VALUE_COUNT, "-7", 1, 10, -1, "a whole number is needed, not \"-7\""},
        {VALUE_COUNT, "9223372036854775808", 1, 10, -1,
         "a whole number is needed, not \"9223372036854775808\""},
        {VALUE_DURATION, "5m", 1, 300000, 300000, NULL},
        {VALUE_DURATION, "10m", 1, 300000, -1, "10m is more than the limit of 5m"},
        {VALUE_DURATION, "0s", 1, 300000, -1, "0s is less than 1ms"},
        {VALUE_DURATION, "5", 1, 300000, -1, "a duration such as \"30s\" is needed, not \"5\""},
        {VALUE_SIZE, "16MB", 1, 1 << 30, 16 << 20, NULL},
        {VALUE_SIZE, "17", 1, 1 << 30, 17, NULL},
        {VALUE_SIZE, "2GB", 1, 1 << 30, -1, "2GB is more than the limit of 1GB"},
        {VALUE_SIZE, "1mb", 1, 1 << 30, -1, "a size such as \"16MB\" is needed, not \"1mb\""},
        {VALUE_SIZE, "", 1, 1 << 30, -1, "a size such as \"16MB\" is needed, not \"\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int64_t value = -1;
        bool ok = value_from_text(rows[i].kind, text_of(rows[i].in), rows[i].min, rows[i].max,
                                  &value, &err);
        assert_int_equal(ok, rows[i].text == NULL);
        assert_int_equal(value, rows[i].value);
        if (!ok)
            assert_string_equal(err.text, rows[i].text);
    }
}

static void json_is_measured_by_its_kind(void **state)
{
    (void)state;
    static const struct {
        enum value_measure kind;
        const char *in;
        int64_t value; /* -1: refused */
        const char *text;
    } rows[] = {
        {VALUE_COUNT, "7", 7, NULL},
        {VALUE_COUNT, "7.5", -1, "a whole number is needed, not 7.5"},
        {VALUE_COUNT, "1e300", -1, "1e+300 is more than the limit of 1000"},
        {VALUE_COUNT, "-1", -1, "-1 is less than 1"},
        {VALUE_COUNT, "\"7\"", -1, "a whole number is needed, not a string"},
        {VALUE_DURATION, "\"1s\"", 1000, NULL},
        {VALUE_DURATION, "1", -1, "a duration such as \"30s\" is needed, not a number"},
        {VALUE_DURATION, "true", -1, "a duration such as \"30s\" is needed, not true"},
        {VALUE_SIZE, "\"1B\"", 1, NULL},
        {VALUE_SIZE, "12", 12, NULL},
        {VALUE_SIZE, "{\"$function\":3}", -1, "a size such as \"16MB\" is needed, not a function"},
        {VALUE_SIZE, "{\"$function\":\"3\"}", -1, "a size such as \"16MB\" is needed, not a table"},
        {VALUE_SIZE, "[]", -1, "a size such as \"16MB\" is needed, not a table"},
        {VALUE_SIZE, "null", -1, "a size such as \"16MB\" is needed, not null"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int64_t value = -1;
        cJSON *in = json_parse(text_of(rows[i].in), &err);
        bool ok = value_from_json(rows[i].kind, in, 1, 1000, &value, &err);
        assert_int_equal(ok, rows[i].text == NULL);
        assert_int_equal(value, rows[i].value);
        if (!ok)
            assert_string_equal(err.text, rows[i].text);
        cJSON_Delete(in);
    }
}

static void values_show_in_their_largest_whole_unit(void **state)
{
    (void)state;
    const struct {
        enum value_measure kind;
        int64_t value;
        const char *text;
    } rows[] = {
        {VALUE_COUNT, 1000, "1000"},      {VALUE_DURATION, 250, "250ms"},
        {VALUE_DURATION, 1500, "1500ms"}, {VALUE_DURATION, 300000, "5m"},
        {VALUE_DURATION, day_ms, "1d"},   {VALUE_DURATION, 36 * 3600000, "36h"},
        {VALUE_DURATION, 0, "0ms"},       {VALUE_SIZE, 1 << 20, "1MB"},
        {VALUE_SIZE, 1000, "1000B"},      {VALUE_SIZE, 3LL << 30, "3GB"},
        {VALUE_SIZE, 1536, "1536B"},      {VALUE_SIZE, 0, "0B"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[VALUE_TEXT];
        value_show(rows[i].kind, rows[i].value, out);
        assert_string_equal(out, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_measured_within_bounds),
        cmocka_unit_test(json_is_measured_by_its_kind),
        cmocka_unit_test(values_show_in_their_largest_whole_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
