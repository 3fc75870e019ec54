/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/schema/schema.h"
#include <stdio.h>
#include <string.h>

static cJSON *parse(const char *text)
{
    struct error err;
    cJSON *tree = json_parse(text_of(text), &err);
    if (!tree)
        fail_msg("%s: %s", text, err.text);
    return tree;
}

/* Compiles, checks and frees. */
static bool judge(const cJSON *declared, const cJSON *body, char *field, size_t cap,
                  struct error *err)
{
    struct schema *schema = schema_new(declared, err);
    if (!schema)
        fail_msg("%s", err->text);
    bool ok = schema_check(schema, body, field, cap, err);
    schema_free(schema);
    return ok;
}

static void good_schemas_load(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        "[]",
        ("{\"a\":\"string\",\"b\":\"number\",\"c\":\"integer\",\"d\":\"boolean\",\"e\":\"object\","
         "\"f\":\"array\",\"g\":\"any\"}"),
        "{\"note\":{\"type\":\"string\",\"max\":2000,\"optional\":true}}",
        "{\"n\":{\"type\":\"number\",\"min\":-1.5,\"max\":-1.5}}",
        "{\"n\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}}",
        "{\"n\":{\"type\":\"object\",\"fields\":{\"x\":{\"type\":\"array\",\"items\":\"string\"}}}}",
        "{\"n\":{\"type\":\"array\",\"min\":1,\"items\":{\"type\":\"object\",\"fields\":[]}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        cJSON *schema = parse(rows[i]);
        struct schema *compiled = schema_new(schema, &err);
        if (!compiled)
            fail_msg("%s: %s", rows[i], err.text);
        schema_free(compiled);
        cJSON_Delete(schema);
    }
}

static void mistakes_in_a_schema_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *text;
    } rows[] = {
        {"7", "input: a table of fields is needed"},
        {"[\"string\"]", "input: a table of fields is needed"},
        {"{\"n\":7}",
         "input.n: a type such as \"string\" or a table such as {type = \"string\"} is needed"},
        {"{\"n\":\"strin\"}", "input.n: unknown type \"strin\", did you mean \"string\"?"},
        {"{\"n\":\"telephone\"}", "input.n: unknown type \"telephone\""},
        {"{\"n\":{\"max\":3}}", "input.n: \"type\" is missing"},
        {"{\"n\":{\"type\":3}}", "input.n: \"type\" must be a string such as \"number\""},
        {"{\"note\":{\"type\":\"string\",\"maxx\":1}}",
         "input.note: unknown key \"maxx\", did you mean \"max\"?"},
        {"{\"n\":{\"type\":\"string\",\"description\":1}}", "input.n: unknown key \"description\""},
        {"{\"n\":{\"type\":\"string\",\"pattern\":\"a(\"}}",
         "input.n: \"pattern\": character 2: ( is not closed"},
        {"{\"n\":{\"type\":\"string\",\"pattern\":7}}", "input.n: \"pattern\" must be a string"},
        {"{\"n\":{\"type\":\"number\",\"pattern\":\"x\"}}",
         "input.n: \"pattern\" goes with type \"string\" only"},
        {"{\"n\":{\"type\":\"string\",\"format\":\"emial\"}}",
         "input.n: unknown format \"emial\", did you mean \"email\"?"},
        {"{\"n\":{\"type\":\"string\",\"format\":\"iri-reference\"}}",
         "input.n: unknown format \"iri-reference\""},
        {"{\"n\":{\"type\":\"string\",\"optional\":1}}", "input.n: \"optional\" is true or false"},
        {"{\"n\":{\"type\":\"boolean\",\"max\":1}}",
         "input.n: \"max\" does not go with type \"boolean\""},
        {"{\"n\":{\"type\":\"number\",\"max\":\"1\"}}", "input.n: \"max\" must be a number"},
        {"{\"n\":{\"type\":\"integer\",\"min\":1.5}}", "input.n: \"min\" must be a whole number"},
        {"{\"n\":{\"type\":\"string\",\"min\":-1}}",
         "input.n: \"min\" must be a whole number from 0"},
        {"{\"n\":{\"type\":\"string\",\"min\":3,\"max\":2}}",
         "input.n: \"min\" is more than \"max\""},
        {"{\"n\":{\"type\":\"string\",\"enum\":[]}}",
         "input.n: \"enum\" is a list of the allowed values"},
        {"{\"n\":{\"type\":\"string\",\"enum\":[\"a\",1]}}",
         "input.n: \"enum\" has a value that is no string"},
        {"{\"n\":{\"type\":\"array\",\"fields\":{}}}",
         "input.n: \"fields\" goes with type \"object\" only"},
        {"{\"n\":{\"type\":\"object\",\"items\":\"any\"}}",
         "input.n: \"items\" goes with type \"array\" only"},
        {"{\"n\":{\"type\":\"object\",\"fields\":{\"x\":{\"type\":\"array\",\"items\":\"strin\"}}}}",
         "input.n.x.items: unknown type \"strin\", did you mean \"string\"?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        cJSON *schema = parse(rows[i].schema);
        assert_null(schema_new(schema, &err));
        assert_string_equal(err.text, rows[i].text);
        cJSON_Delete(schema);
    }
}

static void a_schema_nests_sixteen_deep(void **state)
{
    (void)state;
    for (int depth = 16; depth <= 17; depth++) {
        struct buf b;
        struct error err;
        buf_init(&b, 65536);
        buf_str(&b, "{\"a\":");
        for (int i = 1; i < depth; i++)
            buf_str(&b, "{\"type\":\"array\",\"items\":");
        buf_str(&b, "\"any\"");
        for (int i = 0; i < depth; i++)
            buf_str(&b, "}");
        cJSON *schema = parse(b.data);
        struct schema *compiled = schema_new(schema, &err);
        assert_int_equal(compiled != NULL, depth == 16);
        schema_free(compiled);
        cJSON_Delete(schema);
        buf_done(&b);
    }
}

static const char refund[] =
    "{\"ticketId\":\"string\",\"amount\":{\"type\":\"number\",\"min\":1,\"max\":99.5},"
    "\"note\":{\"type\":\"string\",\"min\":1,\"max\":3,\"optional\":true},"
    "\"tier\":{\"type\":\"string\",\"enum\":[\"gold\",\"silver\"],\"optional\":true},"
    "\"count\":{\"type\":\"integer\",\"optional\":true},"
    "\"any\":{\"type\":\"any\",\"optional\":true},"
    "\"lines\":{\"type\":\"array\",\"min\":1,\"max\":2,\"optional\":true,\"items\":"
    "{\"type\":\"object\",\"fields\":{\"a/b~c\":\"boolean\",\"x\":{\"type\":\"object\","
    "\"fields\":{\"y\":\"array\"},\"optional\":true}}}}}";

static void bodies_are_checked_with_pointer_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field, *text; /* text NULL: passes */
    } rows[] = {
        {"{\"ticketId\":\"x\",\"amount\":1}", "", NULL},
        {"{\"ticketId\":\"\",\"amount\":99.5,\"unknown\":[[]]}", "", NULL},
        {NULL, "/ticketId", "/ticketId is missing"},
        {"[]", "", "the body must be an object"},
        {"{\"amount\":1}", "/ticketId", "/ticketId is missing"},
        {"{\"ticketId\":null,\"amount\":1}", "/ticketId", "/ticketId must be a string"},
        {"{\"ticketId\":7,\"amount\":1}", "/ticketId", "/ticketId must be a string"},
        {"{\"ticketId\":\"x\",\"amount\":\"1\"}", "/amount", "/amount must be a number"},
        {"{\"ticketId\":\"x\",\"amount\":0.5}", "/amount", "/amount must be at least 1"},
        {"{\"ticketId\":\"x\",\"amount\":99.6}", "/amount", "/amount must be at most 99.5"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"note\":null}", "", NULL},
        {"{\"ticketId\":\"x\",\"amount\":1,\"note\":\"\xc3\xa9\xc3\xa9\xc3\xa9\"}", "", NULL},
        {"{\"ticketId\":\"x\",\"amount\":1,\"note\":\"abcd\"}", "/note",
         "/note must have at most 3 characters"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"note\":\"\"}", "/note",
         "/note must have at least 1 character"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"tier\":\"gold\"}", "", NULL},
        {"{\"ticketId\":\"x\",\"amount\":1,\"tier\":\"Gold\"}", "/tier",
         "/tier must be one of \"gold\", \"silver\""},
        {"{\"ticketId\":\"x\",\"amount\":1,\"count\":3.0}", "", NULL},
        {"{\"ticketId\":\"x\",\"amount\":1,\"count\":3.5}", "/count",
         "/count must be a whole number"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"count\":1e300}", "/count",
         "/count must be a whole number"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"any\":{\"x\":[]}}", "", NULL},
        {"{\"ticketId\":\"x\",\"amount\":1,\"lines\":{}}", "/lines", "/lines must be an array"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"lines\":[]}", "/lines",
         "/lines must have at least 1 element"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"lines\":[1,2,3]}", "/lines",
         "/lines must have at most 2 elements"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"lines\":[{\"a/b~c\":true},3]}", "/lines/1",
         "/lines/1 must be an object"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"lines\":[{\"a/b~c\":0}]}", "/lines/0/a~1b~0c",
         "/lines/0/a~1b~0c must be true or false"},
        {"{\"ticketId\":\"x\",\"amount\":1,\"lines\":[{\"a/b~c\":true,\"x\":{}}]}", "/lines/0/x/y",
         "/lines/0/x/y is missing"},
    };
    cJSON *schema = parse(refund);
    struct error err;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cJSON *body = rows[i].body ? parse(rows[i].body) : NULL;
        char field[64] = "old";
        bool ok = judge(schema, body, field, sizeof field, &err);
        assert_int_equal(ok, rows[i].text == NULL);
        assert_string_equal(field, rows[i].field);
        if (!ok)
            assert_string_equal(err.text, rows[i].text);
        cJSON_Delete(body);
    }
    cJSON_Delete(schema);
}

static void integers_have_64_bits_and_every_digit_counts(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *value, *text;
    } rows[] = {
        {"\"integer\"", "820982911946154508", NULL},
        {"\"integer\"", "9223372036854775807", NULL},
        {"\"integer\"", "-9223372036854775808", NULL},
        {"\"integer\"", "1e18", NULL},
        {"\"integer\"", "9223372036854775808", "/id must be a whole number within 64 bits"},
        {"\"integer\"", "-9223372036854775809", "/id must be a whole number within 64 bits"},
        {"\"integer\"", "18446744073709551615", "/id must be a whole number within 64 bits"},
        {"{\"type\":\"integer\",\"min\":9007199254740993}", "9007199254740993", NULL},
        {"{\"type\":\"integer\",\"min\":9007199254740993}", "9007199254740992",
         "/id must be at least 9007199254740993"},
        {"{\"type\":\"number\",\"max\":9007199254740992}", "9007199254740993",
         "/id must be at most 9007199254740992"},
        {"{\"type\":\"integer\",\"enum\":[9007199254740993]}", "9007199254740993", NULL},
        {"{\"type\":\"integer\",\"enum\":[9007199254740993]}", "9007199254740992",
         "/id must be one of 9007199254740993"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        char text[200];
        snprintf(text, sizeof text, "{\"id\":%s}", rows[i].rule);
        cJSON *schema = parse(text);
        snprintf(text, sizeof text, "{\"id\":%s}", rows[i].value);
        cJSON *body = parse(text);
        bool ok = judge(schema, body, NULL, 0, &err);
        assert_string_equal(ok ? "" : err.text, rows[i].text ? rows[i].text : "");
        cJSON_Delete(body);
        cJSON_Delete(schema);
    }
}

static void a_minimum_is_more_than_a_maximum_by_one(void **state)
{
    (void)state;
    struct error err;
    cJSON *declared = parse("{\"id\":{\"type\":\"integer\",\"min\":9007199254740993,"
                            "\"max\":9007199254740992}}");
    assert_null(schema_new(declared, &err));
    assert_string_equal(err.text, "input.id: \"min\" is more than \"max\"");
    cJSON_Delete(declared);
}

static void a_place_is_cut_between_characters(void **state)
{
    (void)state;
    struct error err;
    char field[8];
    cJSON *schema = parse("{\"x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\":\"string\"}");
    assert_false(judge(schema, NULL, field, sizeof field, &err));
    assert_string_equal(field, "/x\xc3\xa9\xc3\xa9");
    cJSON_Delete(schema);
}

static void patterns_and_formats_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *body, *text;
    } rows[] = {
        {"{\"sku\":\"AB-12\"}", NULL},
        {"{\"sku\":\"AB-12\\n\"}", "/sku must match the pattern ^[A-Z]{2}-\\d+$"},
        {"{\"sku\":\"ab-12\"}", "/sku must match the pattern ^[A-Z]{2}-\\d+$"},
        {"{\"mail\":\"ada@example.com\"}", NULL},
        {"{\"mail\":\"ada\"}", "/mail must be an e-mail address (format email)"},
        {"{\"all\":[\"aaaa\",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"]}",
         "/all/1 takes more than the 1000000 steps that patterns may take for one body"},
    };
    cJSON *schema =
        parse("{\"sku\":{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}-\\\\d+$\",\"optional\":true},"
              "\"mail\":{\"type\":\"string\",\"format\":\"email\",\"optional\":true},"
              "\"all\":{\"type\":\"array\",\"optional\":true,\"items\":{\"type\":\"string\","
              "\"pattern\":\"^(a+)+$\"}}}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        cJSON *body = parse(rows[i].body);
        bool ok = judge(schema, body, NULL, 0, &err);
        assert_int_equal(ok, rows[i].text == NULL);
        if (!ok)
            assert_string_equal(err.text, rows[i].text);
        cJSON_Delete(body);
    }
    cJSON_Delete(schema);
}

/* A megabyte of strings that each cost little: the body has one budget. */
static void many_small_matches_share_the_budget(void **state)
{
    (void)state;
    struct buf b;
    struct error err;
    buf_init(&b, 4 << 20);
    buf_str(&b, "{\"all\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%s\"aaaaaaaaaaaaaaaaa!\"", i ? "," : "");
    buf_str(&b, "]}");
    cJSON *schema = parse("{\"all\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                          "\"pattern\":\"^(a+)+$|!\"}}}");
    cJSON *body = parse(b.data);
    assert_false(judge(schema, body, NULL, 0, &err));
    assert_non_null(strstr(err.text, "takes more than the 1000000 steps"));
    cJSON_Delete(body);
    cJSON_Delete(schema);
    buf_done(&b);
}

static void without_a_schema_everything_passes(void **state)
{
    (void)state;
    struct error err;
    char field[8] = "old";
    cJSON *body = parse("[1]");
    assert_true(schema_check(NULL, body, field, sizeof field, &err));
    assert_string_equal(field, "");
    cJSON_Delete(body);
}

static void long_names_and_long_lists_are_cut(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 65536);
    buf_str(&b, "{\"");
    for (int i = 0; i < 600; i++)
        buf_char(&b, '/');
    buf_str(&b, "\":{\"type\":\"integer\",\"enum\":[1000000");
    for (int i = 1; i < 100; i++)
        buf_printf(&b, ",%d", 1000000 + i);
    buf_str(&b, "]}}");
    cJSON *schema = parse(b.data);
    struct error err;
    char field[16];
    assert_false(judge(schema, NULL, field, sizeof field, &err));
    assert_string_equal(field, "/~1~1~1~1~1~1~1");

    cJSON_Delete(schema);
    buf_clear(&b);
    buf_str(&b, "{\"n\":{\"type\":\"integer\",\"enum\":[1000000");
    for (int i = 1; i < 100; i++)
        buf_printf(&b, ",%d", 1000000 + i);
    buf_str(&b, "]}}");
    schema = parse(b.data);
    cJSON *body = parse("{\"n\":7}");
    assert_false(judge(schema, body, field, sizeof field, &err));
    assert_memory_equal(err.text, "/n must be one of 1000000, 1000001", 34);
    assert_true(strlen(err.text) < 200);
    assert_int_equal(strlen(err.text) % 9, 34 % 9); /* whole values only */
    cJSON_Delete(body);
    body = parse("{\"n\":1000099}");
    assert_true(judge(schema, body, field, sizeof field, &err));
    cJSON_Delete(body);
    cJSON_Delete(schema);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_schemas_load),
        cmocka_unit_test(mistakes_in_a_schema_are_named),
        cmocka_unit_test(a_schema_nests_sixteen_deep),
        cmocka_unit_test(bodies_are_checked_with_pointer_and_reason),
        cmocka_unit_test(integers_have_64_bits_and_every_digit_counts),
        cmocka_unit_test(a_minimum_is_more_than_a_maximum_by_one),
        cmocka_unit_test(a_place_is_cut_between_characters),
        cmocka_unit_test(patterns_and_formats_are_judged),
        cmocka_unit_test(many_small_matches_share_the_budget),
        cmocka_unit_test(without_a_schema_everything_passes),
        cmocka_unit_test(long_names_and_long_lists_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
