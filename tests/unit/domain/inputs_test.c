/* SPDX-License-Identifier: MIT */
#include "domain/inputs.h"
#include "test.h"

static void defaults_and_values_are_merged(void **state)
{
    (void)state;
    static const struct {
        const char *defaults, *given, *expected;
    } rows[] = {
        {NULL, NULL, "{}"},
        {NULL, "{\"a\":1}", "{\"a\":1}"},
        {"{\"a\":1,\"b\":2}", NULL, "{\"a\":1,\"b\":2}"},
        {"{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":4}", "{\"a\":1,\"b\":3,\"c\":4}"},
        {"{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":3}}", "{\"a\":{\"x\":3}}"}, /* shallow */
        {"{\"a\":1}", "{\"a\":null}", "{\"a\":null}"},                           /* null wins */
        {"{\"a\":1}", "{\"A\":2}", "{\"a\":1,\"A\":2}"}, /* names have a case */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        cJSON *defaults = rows[i].defaults ? json_parse(text_of(rows[i].defaults), &err) : NULL;
        cJSON *given = rows[i].given ? json_parse(text_of(rows[i].given), &err) : NULL;
        cJSON *inputs = inputs_merge(defaults, given);
        struct buf b;
        buf_init(&b, 1024);
        json_put_tree(&b, inputs);
        assert_string_equal(b.data, rows[i].expected);
        buf_done(&b);
        cJSON_Delete(inputs);
        cJSON_Delete(given);
        cJSON_Delete(defaults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_values_are_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
