/* SPDX-License-Identifier: MIT */
#include "domain/proof/secret.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void names_are_capitals_digits_and_underscores(void **state)
{
    (void)state;
    static const char *const good[] = {"A", "API_KEY", "A1_", "S3"};
    static const char *const bad[] = {"", "a", "1A", "_A", "API-KEY", "API KEY", "\xc3\x84", "A\n"};
    char longest[SECRET_NAME + 1];
    memset(longest, 'A', sizeof longest);
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(secret_name_ok(text_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(secret_name_ok(text_of(bad[i])));
    assert_false(secret_name_ok(TEXT_NONE));
    assert_true(secret_name_ok((struct text){longest, SECRET_NAME}));
    assert_false(secret_name_ok((struct text){longest, SECRET_NAME + 1}));
}

static void values_have_bounds_and_no_nul(void **state)
{
    (void)state;
    struct error err;
    char *large = calloc(1, SECRET_BYTES + 1);
    memset(large, 'x', SECRET_BYTES + 1);
    assert_true(secret_value_ok(TEXT("\x01\xff\n"), &err));
    assert_true(secret_value_ok((struct text){large, SECRET_BYTES}, &err));
    assert_false(secret_value_ok((struct text){large, SECRET_BYTES + 1}, &err));
    assert_string_equal(err.text, "the value has more than 65536 bytes");
    assert_false(secret_value_ok(TEXT(""), &err));
    assert_false(secret_value_ok(TEXT("hidden\0more"), &err));
    assert_string_equal(err.text, "the value has a NUL byte");
    free(large);
}

static void hosts_are_listed_once_in_lower_case(void **state)
{
    (void)state;
    static const char *const entries[] = {"API.example.com", "api.example.com",
                                          "api.example.com:8443", "127.0.0.1", "[::1]:80"};
    struct error err;
    struct buf hosts;
    buf_init(&hosts, 4096);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        assert_true(secret_host_add(&hosts, text_of(entries[i]), &err));
    assert_string_equal(hosts.data, "api.example.com,api.example.com:8443,127.0.0.1,[::1]:80");
    buf_done(&hosts);
}

static void what_is_no_host_is_refused_with_a_hint(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *hint;
    } cases[] = {
        {"", "\"\": a host is written as in URLs"},
        {"*.example.com", "no wildcards"},
        {"https://api.example.com", "without https://"},
        {"api.example.com/v1", "without https://"},
        {"a,b", "as in URLs"},
        {"user@host", "as in URLs"},
        {"::1", "[::1]"},
        {"[::1", "[::1]"},
        {"host:", "as in URLs"},
        {"host:0", "as in URLs"},
        {"host:65536", "as in URLs"},
        {"host:123456", "as in URLs"},
        {".example.com", "as in URLs"},
        {"b\xc3\xbc.example", "as in URLs"},
    };
    struct buf hosts;
    buf_init(&hosts, 4096);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        if (secret_host_add(&hosts, text_of(cases[i].entry), &err) ||
            !strstr(err.text, cases[i].hint))
            fail_msg("%s: %s", cases[i].entry, err.text);
    }
    assert_int_equal(hosts.len, 0);
    buf_done(&hosts);
}

static void the_list_has_a_limit(void **state)
{
    (void)state;
    struct error err = {0};
    struct buf hosts;
    char entry[32];
    int count = 0;
    buf_init(&hosts, 1 << 20);
    do
        snprintf(entry, sizeof entry, "host-%d.example", count++);
    while (secret_host_add(&hosts, text_of(entry), &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_true(hosts.len <= SECRET_HOSTS_BYTES && count > 50);
    buf_done(&hosts);
}

static void targets_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        int port;
        size_t bytes;
    } good[] = {
        {"https://api.example.com", "api.example.com", 443, 23},
        {"https://API.example.com/a?b#c", "api.example.com", 443, 23},
        {"https://api.example.com?b", "api.example.com", 443, 23},
        {"http://127.0.0.1:8080/", "127.0.0.1", 8080, 21},
        {"http://[::1]:81/", "[::1]", 81, 15},
        {"http://[::1]", "[::1]", 80, 12},
    };
    static const char *const bad[] = {
        "",
        "ftp://a/",
        "HTTPS://a/",
        "https:///a",
        "https://",
        "https:/a.example/",
        "https://user@a.example/",
        "https://a.example@b.example/",
        "https://a.example\\@b.example/",
        "https://a.example\\.b.example/",
        "https://a.example:443@b.example/",
        "https://a.example:/",
        "https://a.example:0443333/",
        "https://a.example:99999/",
        "https://a.example /",
        "https://a.example\t/",
        "https://a%2eexample/",
        "https://[::1/",
        "https://[]/",
        "https://::1/",
        "https://b\xc3\xbc.example/",
        "https://.example/",
    };
    struct secret_target t;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(secret_target_read(text_of(good[i].url), &t));
        assert_string_equal(t.host, good[i].host);
        assert_int_equal(t.port, good[i].port);
        assert_int_equal(t.bytes, good[i].bytes);
        assert_int_equal(t.tls, good[i].url[4] == 's');
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (secret_target_read(text_of(bad[i]), &t))
            fail_msg("%s was read as %s", bad[i], t.host);
}

static bool may(const char *url, const char *hosts)
{
    struct secret_target t;
    assert_true(secret_target_read(text_of(url), &t));
    return secret_target_refused(&t, hosts) == NULL;
}

static void secrets_go_to_their_hosts_alone(void **state)
{
    (void)state;
    assert_true(may("https://a.example/", "a.example"));
    assert_true(may("https://a.example:8443/", "a.example"));
    assert_true(may("https://a.example:8443/", "b.example,a.example:8443"));
    assert_true(may("https://a.example/", "a.example:443"));
    assert_false(may("https://a.example/", "a.example:8443"));
    assert_false(may("https://a.example/", ""));
    assert_false(may("https://a.example./", "a.example"));
    assert_false(may("https://x.a.example/", "a.example"));
    assert_false(may("https://a.example.evil/", "a.example"));
    assert_false(may("https://example/", "a.example"));
}

static void plain_http_stays_on_this_machine(void **state)
{
    (void)state;
    assert_true(may("http://127.0.0.1:1/", "127.0.0.1"));
    assert_true(may("http://127.9.9.9:1/", "127.9.9.9"));
    assert_true(may("http://localhost/", "localhost"));
    assert_true(may("http://[::1]/", "[::1]"));
    assert_false(may("http://a.example/", "a.example"));
    assert_false(may("http://10.0.0.1/", "10.0.0.1"));
    assert_false(may("http://127.0.0.1.nip.example/", "127.0.0.1.nip.example"));
    assert_false(may("http://127.0.0.1.5/", "127.0.0.1.5"));
    struct secret_target t;
    assert_true(secret_target_read(TEXT("http://a.example/"), &t));
    assert_string_equal(secret_target_refused(&t, "a.example"),
                        "is asked over plain http; use https");
    assert_string_equal(secret_target_refused(&t, "b.example"), "is not among its hosts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_capitals_digits_and_underscores),
        cmocka_unit_test(values_have_bounds_and_no_nul),
        cmocka_unit_test(hosts_are_listed_once_in_lower_case),
        cmocka_unit_test(what_is_no_host_is_refused_with_a_hint),
        cmocka_unit_test(the_list_has_a_limit),
        cmocka_unit_test(targets_are_read_strictly),
        cmocka_unit_test(secrets_go_to_their_hosts_alone),
        cmocka_unit_test(plain_http_stays_on_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
