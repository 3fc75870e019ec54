/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/address/origin.h"
#include <string.h>

static void origins_are_kept_as_browsers_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *given, *kept;
    } rows[] = {
        {"https://shop.example", "https://shop.example"},
        {" HTTPS://Shop.Example ", "https://shop.example"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"http://localhost:1", "http://localhost:1"},
        {"https://[::1]:8443", "https://[::1]:8443"},
        {"https://[2001:db8::1]", "https://[2001:db8::1]"},
        {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
        {"https://a.example:65535", "https://a.example:65535"},
        {"http://a.example:443", "http://a.example:443"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[ORIGIN_BYTES];
        struct error err = {0};
        assert_true(origin_read(text_of(rows[i].given), out, &err));
        assert_string_equal(out, rows[i].kept);
    }
}

static void what_is_no_origin_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *given, *why;
    } rows[] = {
        {"", "is no origin"},
        {"null", "is no origin"},
        {"shop.example", "is no origin"},
        {"//shop.example", "is no origin"},
        {"ftp://shop.example", "is no origin"},
        {"file://", "is no origin"},
        {"https://", "is no origin"},
        {"https://.example", "is no origin"},
        {"https://shop.example/", "nothing behind it"},
        {"https://shop.example/page", "nothing behind it"},
        {"https://shop.example?x", "is no origin"},
        {"https://me@shop.example", "is no origin"},
        {"https://shop example", "is no origin"},
        {"https://a.example,https://b.example", "is no origin"},
        {"https://b\xc3\xbc"
         "cher.example",
         "is no origin"},
        {"https://shop.example:", "is no origin"},
        {"https://shop.example:0", "is no origin"},
        {"https://shop.example:080", "is no origin"},
        {"https://shop.example:65536", "is no origin"},
        {"https://shop.example:8a", "is no origin"},
        {"https://[::1", "is no origin"},
        {"https://[127.0.0.1]", "is no origin"},
        {"https://[]:80", "is no origin"},
        {"https://::1", "is no origin"},
        {"*", "has a wildcard"},
        {"https://*.example", "has a wildcard"},
        {"https://shop.example:443", "leave :443 out"},
        {"http://shop.example:80", "leave :80 out"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[ORIGIN_BYTES];
        struct error err = {0};
        assert_false(origin_read(text_of(rows[i].given), out, &err));
        assert_non_null(strstr(err.text, rows[i].why));
    }
    char out[ORIGIN_BYTES], tall[ORIGIN_BYTES + 1];
    struct error err = {0};
    memset(tall, 'a', ORIGIN_BYTES);
    memcpy(tall, "https://", 8);
    assert_false(origin_read((struct text){tall, ORIGIN_BYTES}, out, &err));
    assert_true(origin_read((struct text){tall, ORIGIN_BYTES - 1}, out, &err));
}

static void a_list_has_what_is_the_same_byte_for_byte(void **state)
{
    (void)state;
    static const char list[] = "https://a.example,http://b.example:81";
    static const char *const others[] = {"",
                                         "null",
                                         "https://a.example:443",
                                         "https://A.example",
                                         "http://a.example",
                                         "https://a.example/",
                                         "https://a.exampl",
                                         "https://a.example.evil",
                                         "https://a.example,http://b.example:81",
                                         ",",
                                         "http://b.example"};
    assert_true(origin_list_has(list, TEXT("https://a.example")));
    assert_true(origin_list_has(list, TEXT("http://b.example:81")));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(origin_list_has(list, text_of(others[i])));
    assert_false(origin_list_has(list, TEXT_NONE));
    assert_false(origin_list_has("", TEXT("")));
    assert_false(origin_list_has(NULL, TEXT("https://a.example")));
}

static bool read_list(const char *json, struct buf *list, struct error *err)
{
    cJSON *tree = cJSON_Parse(json);
    buf_init(list, 1 << 16);
    bool ok = origin_list_read(tree, list, err);
    cJSON_Delete(tree);
    return ok;
}

static void lists_are_read_and_their_wrong_entries_named(void **state)
{
    (void)state;
    struct error err = {0};
    struct buf list;
    assert_true(read_list("[\"https://A.example\",\"http://b.example:81\"]", &list, &err));
    assert_string_equal(list.data, "https://a.example,http://b.example:81");
    buf_done(&list);
    assert_true(read_list("\"https://a.example\"", &list, &err));
    assert_string_equal(list.data, "https://a.example");
    buf_done(&list);
    assert_true(read_list("{}", &list, &err));
    assert_int_equal(list.len, 0);
    assert_false(read_list("[\"https://a.example\",7]", &list, &err));
    assert_string_equal(err.text, "entry 2 is not a string");
    buf_done(&list);
    assert_false(read_list("true", &list, &err));
    assert_string_equal(err.text, "a list of origins is needed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_are_kept_as_browsers_write_them),
        cmocka_unit_test(what_is_no_origin_is_refused),
        cmocka_unit_test(a_list_has_what_is_the_same_byte_for_byte),
        cmocka_unit_test(lists_are_read_and_their_wrong_entries_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
