/* SPDX-License-Identifier: MIT */
#include "domain/schema/schema.h"
#include "domain/schema/schema_export.h"
#include "test.h"

static const struct {
    const char *schema, *exported, *sample;
} cases[] = {
    {"{}", "{\"type\":\"object\",\"properties\":{}}", "{}"},
    {"{\"a\":\"string\"}",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}",
     "{\"a\":\"a\"}"},
    {"{\"n\":{\"type\":\"integer\",\"min\":3,\"max\":9,\"optional\":true}}",
     "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":[\"integer\",\"null\"],"
     "\"format\":\"int64\",\"minimum\":3,\"maximum\":9}}}",
     "{\"n\":3}"},
    {"{\"id\":{\"type\":\"integer\",\"min\":9007199254740993}}",
     "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\",\"format\":\"int64\","
     "\"minimum\":9007199254740993}},\"required\":[\"id\"]}",
     "{\"id\":9007199254740993}"},
    {"{\"s\":{\"type\":\"string\",\"min\":3,\"max\":4},\"long\":{\"type\":\"string\",\"max\":2}}",
     "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\",\"minLength\":3,"
     "\"maxLength\":4},\"long\":{\"type\":\"string\",\"maxLength\":2}},\"required\":[\"s\","
     "\"long\"]}",
     "{\"s\":\"sxx\",\"long\":\"lo\"}"},
    {"{\"e\":{\"type\":\"string\",\"enum\":[\"x\",\"y\"],\"optional\":true},\"any\":\"any\"}",
     "{\"type\":\"object\",\"properties\":{\"e\":{\"type\":[\"string\",\"null\"],\"enum\":[\"x\","
     "\"y\",null]},\"any\":{}},\"required\":[\"any\"]}",
     "{\"e\":\"x\",\"any\":null}"},
    {"{\"o\":{\"type\":\"object\",\"fields\":{\"b\":\"boolean\"}},\"l\":{\"type\":\"array\","
     "\"min\":2,\"items\":{\"type\":\"number\",\"max\":0.5}}}",
     "{\"type\":\"object\",\"properties\":{\"o\":{\"type\":\"object\",\"properties\":{\"b\":"
     "{\"type\":\"boolean\"}},\"required\":[\"b\"]},\"l\":{\"type\":\"array\",\"minItems\":2,"
     "\"items\":{\"type\":\"number\",\"maximum\":0.5}}},\"required\":[\"o\",\"l\"]}",
     "{\"o\":{\"b\":true},\"l\":[0.5,0.5]}"},
};

static void a_schema_is_exported_as_json_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err;
        struct buf out;
        cJSON *schema = json_parse(text_of(cases[i].schema), &err);
        struct schema *compiled = schema_new(schema, &err);
        assert_non_null(compiled);
        schema_free(compiled);
        buf_init(&out, 1 << 16);
        schema_export(schema, &out);
        assert_string_equal(out.data, cases[i].exported);
        buf_done(&out);
        cJSON_Delete(schema);
    }
}

static void a_sample_fits_its_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err;
        struct buf out;
        char field[64];
        cJSON *schema = json_parse(text_of(cases[i].schema), &err);
        buf_init(&out, 1 << 16);
        schema_sample(schema, &out);
        assert_string_equal(out.data, cases[i].sample);
        cJSON *body = json_parse(buf_view(&out), &err);
        struct schema *compiled = schema_new(schema, &err);
        assert_true(schema_check(compiled, body, field, sizeof field, &err));
        schema_free(compiled);
        cJSON_Delete(body);
        buf_done(&out);
        cJSON_Delete(schema);
    }
}

static void no_schema_is_any_object(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 16);
    schema_export(NULL, &out);
    buf_char(&out, ' ');
    schema_sample(NULL, &out);
    assert_string_equal(out.data, "{\"type\":\"object\"} {}");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_is_exported_as_json_schema),
        cmocka_unit_test(a_sample_fits_its_schema),
        cmocka_unit_test(no_schema_is_any_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
