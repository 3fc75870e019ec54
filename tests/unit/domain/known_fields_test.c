/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/known_fields.h"
#include <string.h>
#include <strings.h>

static cJSON *parse(const char *text)
{
    struct error err;
    cJSON *tree = json_parse(text_of(text), &err);
    if (!tree)
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static void nothing_given_means_the_defaults(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        NULL, "{}", "{\"SessionId\":7,\"other\":[1]}",
        "{\"instruction\":null,\"sessionId\":null,\"environment\":null,\"language\":null,"
        "\"timezone\":null,\"customer\":null,\"context\":null}"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        cJSON *body = bodies[i] ? parse(bodies[i]) : NULL;
        struct known_fields known;
        struct error err;
        char field[64] = "old";
        assert_true(known_fields_check(body, &known, field, sizeof field, &err));
        assert_string_equal(field, "");
        assert_string_equal(known.environment, "api");
        assert_null(known.instruction);
        assert_null(known.instruction_object);
        assert_null(known.session);
        assert_null(known.language);
        assert_null(known.timezone);
        assert_null(known.customer);
        assert_null(known.context);
        cJSON_Delete(body);
    }
}

static void every_field_is_taken(void **state)
{
    (void)state;
    cJSON *body = parse("{\"instruction\":\"go\",\"sessionId\":\" s 1\",\"environment\":\"web\","
                        "\"language\":\"DE\",\"timezone\":\"europe/berlin\","
                        "\"customer\":{\"name\":\"Zo\",\"age\":3,\"vip\":true,\"x\":null},"
                        "\"context\":{\"a\":1,\"b\":null,\"c\":\"x\",\"d\":false}}");
    struct known_fields known;
    struct error err;
    assert_true(known_fields_check(body, &known, NULL, 0, &err));
    assert_string_equal(known.instruction, "go");
    assert_null(known.instruction_object);
    assert_string_equal(known.session, " s 1");
    assert_string_equal(known.environment, "web");
    assert_string_equal(known.language, "de");
    assert_true(strcasecmp(known.timezone, "Europe/Berlin") == 0);
    assert_string_equal(json_string(known.customer, "name"), "Zo");
    struct buf b;
    buf_init(&b, 1000);
    known_fields_put_context(&b, known.context);
    assert_string_equal(b.data, "{\"a\":1,\"c\":\"x\",\"d\":false}");
    buf_done(&b);
    cJSON_Delete(body);
}

static void an_instruction_may_be_an_object(void **state)
{
    (void)state;
    cJSON *body = parse("{\"instruction\":{\"text\":[1]},\"context\":{\"a\":null}}");
    struct known_fields known;
    struct error err;
    assert_true(known_fields_check(body, &known, NULL, 0, &err));
    assert_null(known.instruction);
    assert_ptr_equal(known.instruction_object, json_get(body, "instruction"));
    struct buf b;
    buf_init(&b, 1000);
    known_fields_put_context(&b, known.context);
    assert_string_equal(b.data, "{}");
    buf_done(&b);
    cJSON_Delete(body);
}

static void wrong_values_are_refused_with_their_pointer(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field, *text;
    } rows[] = {
        {"[]", "", "the body must be an object"},
        {"7", "", "the body must be an object"},
        {"{\"instruction\":7}", "/instruction", "/instruction must be a string or an object"},
        {"{\"instruction\":[]}", "/instruction", "/instruction must be a string or an object"},
        {"{\"sessionId\":\"\"}", "/sessionId",
         "/sessionId must be a string of 1 to 256 characters"},
        {"{\"sessionId\":7}", "/sessionId", "/sessionId must be a string of 1 to 256 characters"},
        {"{\"environment\":\"\"}", "/environment",
         "/environment must be a string of 1 to 256 characters"},
        {"{\"environment\":{}}", "/environment",
         "/environment must be a string of 1 to 256 characters"},
        {"{\"language\":\"en-US\"}", "/language",
         "/language must be a language code of ISO 639-1 such as \"en\""},
        {"{\"language\":\"xx\"}", "/language",
         "/language must be a language code of ISO 639-1 such as \"en\""},
        {"{\"language\":\"\"}", "/language",
         "/language must be a language code of ISO 639-1 such as \"en\""},
        {"{\"timezone\":\"+02:00\"}", "/timezone",
         "/timezone must be an IANA time zone such as \"Europe/Berlin\""},
        {"{\"timezone\":\"../../etc/passwd\"}", "/timezone",
         "/timezone must be an IANA time zone such as \"Europe/Berlin\""},
        {"{\"timezone\":2}", "/timezone",
         "/timezone must be an IANA time zone such as \"Europe/Berlin\""},
        {"{\"customer\":\"Zo\"}", "/customer", "/customer must be an object"},
        {"{\"customer\":{\"a\":1,\"b\":{}}}", "/customer/b",
         "/customer/b must be a string, a number, true or false"},
        {"{\"context\":[]}", "/context", "/context must be an object"},
        {"{\"context\":{\"a/b~\":[]}}", "/context/a~1b~0",
         "/context/a~1b~0 must be a string, a number, true or false"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cJSON *body = parse(rows[i].body);
        struct known_fields known;
        struct error err;
        char field[64] = "old";
        assert_false(known_fields_check(body, &known, field, sizeof field, &err));
        assert_string_equal(field, rows[i].field);
        assert_string_equal(err.text, rows[i].text);
        cJSON_Delete(body);
    }
}

static void lengths_are_counted_in_characters(void **state)
{
    (void)state;
    for (int count = 256; count <= 257; count++) {
        struct buf b;
        struct known_fields known;
        struct error err;
        buf_init(&b, 4096);
        buf_str(&b, "{\"sessionId\":\"");
        for (int i = 0; i < count; i++)
            buf_str(&b, "\xf0\x9f\x8c\x99");
        buf_str(&b, "\"}");
        cJSON *body = parse(b.data);
        assert_int_equal(known_fields_check(body, &known, NULL, 0, &err), count == 256);
        cJSON_Delete(body);
        buf_done(&b);
    }
}

static void a_long_member_name_is_cut(void **state)
{
    (void)state;
    struct buf b;
    struct known_fields known;
    struct error err;
    char field[16];
    buf_init(&b, 4096);
    buf_str(&b, "{\"context\":{\"");
    for (int i = 0; i < 600; i++)
        buf_char(&b, '~');
    buf_str(&b, "\":[]}}");
    cJSON *body = parse(b.data);
    assert_false(known_fields_check(body, &known, field, sizeof field, &err));
    assert_string_equal(field, "/context/~0~0~0");
    cJSON_Delete(body);
    buf_done(&b);
}

static void a_long_member_name_is_cut_between_characters(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        struct buf b;
        struct known_fields known;
        struct error err;
        char field[20];
        buf_init(&b, 4096);
        buf_printf(&b, "{\"context\":{\"%.*s", shift, "xxx");
        for (int i = 0; i < 200; i++)
            buf_str(&b, "\xf0\x9f\x8c\x99");
        buf_str(&b, "\":[]}}");
        cJSON *body = parse(b.data);
        assert_false(known_fields_check(body, &known, field, sizeof field, &err));
        assert_true(text_utf8_ok(text_of(field)));
        assert_true(text_utf8_ok(text_of(err.text)));
        cJSON_Delete(body);
        buf_done(&b);
    }
}

/* All of ISO 639-1 (loc.gov/standards/iso639-2), and "bh", which was withdrawn in 2021: who still
 * sends it means what it meant. */
static void there_are_184_languages(void **state)
{
    (void)state;
    int count = 0;
    for (char a = 'a'; a <= 'z'; a++) {
        for (char b = 'a'; b <= 'z'; b++) {
            const char code[] = {a, b, '\0'}, upper[] = {(char)(a - 32), (char)(b - 32), '\0'};
            const char *found = known_fields_language(code);
            count += found != NULL;
            assert_ptr_equal(known_fields_language(upper), found);
            if (found)
                assert_string_equal(found, code);
        }
    }
    assert_int_equal(count, 184);
    assert_null(known_fields_language("e"));
    assert_null(known_fields_language("eng"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_means_the_defaults),
        cmocka_unit_test(every_field_is_taken),
        cmocka_unit_test(an_instruction_may_be_an_object),
        cmocka_unit_test(wrong_values_are_refused_with_their_pointer),
        cmocka_unit_test(lengths_are_counted_in_characters),
        cmocka_unit_test(a_long_member_name_is_cut),
        cmocka_unit_test(a_long_member_name_is_cut_between_characters),
        cmocka_unit_test(there_are_184_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
