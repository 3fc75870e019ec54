/* SPDX-License-Identifier: MIT */
#include "base/json_out.h"
#include "test.h"

static void a_document_needs_no_thought_of_commas(void **state)
{
    (void)state;
    struct buf b;
    cJSON *tree = cJSON_Parse("{\"t\":[1]}");
    buf_init(&b, 1 << 10);
    json_open(&b, NULL, '{');
    json_text(&b, "text", TEXT("a\"},"));
    json_text(&b, "absent", TEXT_NONE);
    json_open(&b, "list", '[');
    json_int(&b, NULL, INT64_MIN);
    json_flag(&b, NULL, true);
    json_word(&b, NULL, "{");
    json_open(&b, NULL, '{');
    json_close(&b, '}');
    json_open(&b, NULL, '[');
    json_close(&b, ']');
    json_double(&b, NULL, 0.5);
    json_close(&b, ']');
    json_raw(&b, "raw", TEXT("{}"));
    json_raw(&b, "none", TEXT_NONE);
    json_tree(&b, "tree", tree);
    json_time(&b, "at", 1);
    json_time(&b, "never", 0);
    json_close(&b, '}');
    assert_string_equal(b.data,
                        "{\"text\":\"a\\\"},\",\"absent\":null,\"list\":[-9223372036854775808,true,"
                        "\"{\",{},[],0.5],\"raw\":{},\"none\":null,\"tree\":{\"t\":[1]},"
                        "\"at\":\"1970-01-01T00:00:00.001Z\",\"never\":null}");
    cJSON_Delete(tree);
    buf_done(&b);
}

static void what_stands_before_is_not_continued_by_a_comma(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 10);
    buf_str(&b, "data: ");
    json_open(&b, NULL, '{');
    json_close(&b, '}');
    assert_string_equal(b.data, "data: {}");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_needs_no_thought_of_commas),
        cmocka_unit_test(what_stands_before_is_not_continued_by_a_comma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
