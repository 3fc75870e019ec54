/* SPDX-License-Identifier: MIT */
/* What a call sends and what it brings back. */
#include "http_fixture.h"
#include "net/curl_lib.h"

static void answer_brings_status_headers_and_body(void **state)
{
    struct world *w = *state;
    fake_page(&w->server, "/a", "201 Created",
              "Content-Type: application/json\r\nX-Two: 1\r\nx-two:  2 \r\nX-Empty:\r\n"
              "X-Folded: one\r\n\ttwo\r\n",
              TEXT("{\"id\":7}"));
    struct outcome o = get(w, "/a?x=1");
    assert_answered(o, 201);
    assert_string_equal(o.body.data, "{\"id\":7}");
    assert_contains(o.headers, "content-type: application/json\n");
    assert_contains(o.headers, "x-two: 1\nx-two: 2\nx-empty: \n");
    assert_contains(o.headers, "x-folded: one two\n");
    assert_null(o.message);
    assert_int_equal(o.retry_after_ms, -1);
    assert_contains(w->server.seen.data, "GET /a?x=1 HTTP/1.1\r\n");
    assert_contains(w->server.seen.data, "User-Agent: moontide/" MOONTIDE_VERSION "\r\n");
    assert_lacks(w->server.seen.data, "Content-Type");
    assert_lacks(w->server.seen.data, "Expect");
    outcome_done(&o);
}

static void statuses_of_failure_are_answers(void **state)
{
    struct world *w = *state;
    fake_page(&w->server, "/no", "404 Not Found", "", TEXT("nothing"));
    struct outcome o = get(w, "/no");
    assert_answered(o, 404);
    assert_string_equal(o.body.data, "nothing");
    outcome_done(&o);
}

static void methods_headers_and_bodies_are_sent_as_given(void **state)
{
    static const struct {
        const char *method, *body;
        const char *seen; /* start of the request, without the version */
        const char *length;
    } cases[] = {
        {"POST", "{\"a\":1}", "POST /m", "Content-Length: 7\r\n"},
        {"POST", NULL, "POST /m", "Content-Length: 0\r\n"},
        {"PUT", "x", "PUT /m", "Content-Length: 1\r\n"},
        {"PUT", NULL, "PUT /m", "Content-Length: 0\r\n"},
        {"PATCH", "xy", "PATCH /m", "Content-Length: 2\r\n"},
        {"DELETE", NULL, "DELETE /m", NULL},
        {"DELETE", "why", "DELETE /m", "Content-Length: 3\r\n"},
        {"GET", "query", "GET /m", "Content-Length: 5\r\n"},
        {"HEAD", NULL, "HEAD /m", NULL},
        {"OPTIONS", NULL, "OPTIONS /m", NULL},
        {"QUERY", "q", "QUERY /m", "Content-Length: 1\r\n"},
    };
    struct world *w = *state;
    const char *headers[] = {"Content-Type: application/json", "X-Empty:", "user-agent: mine",
                             NULL};
    char url[URL_BYTES];
    fake_route(&w->server, "/m", mem_text("HTTP/1.1 204 No Content\r\n\r\n"), 27);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&w->server.seen);
        struct outcome o = ask(w, &(struct http_request){.method = cases[i].method,
                                                         .url = url_of(w, url, "/m"),
                                                         .headers = headers,
                                                         .body = text_of(cases[i].body)});
        const char *seen = w->server.seen.data;
        assert_answered(o, 204);
        assert_int_equal(strncmp(seen, cases[i].seen, strlen(cases[i].seen)), 0);
        assert_contains(seen, "Content-Type: application/json\r\n");
        assert_contains(seen, "X-Empty:\r\n");
        assert_contains(seen, "user-agent: mine\r\n");
        assert_lacks(seen, "moontide/");
        if (cases[i].length)
            assert_contains(seen, cases[i].length);
        else
            assert_lacks(seen, "Content-Length");
        if (cases[i].body)
            assert_string_equal(strstr(seen, "\r\n\r\n") + 4, cases[i].body);
        outcome_done(&o);
    }
    assert_int_equal(w->server.accepted, 1); /* one connection, used again and again */
}

static void malformed_requests_are_answers_too(void **state)
{
    static const struct {
        const char *method, *url, *header;
    } cases[] = {
        {"GET", "http://127.0.0.1/", "X-A: b\r\nX-Evil: 1"},
        {"GET", "http://127.0.0.1/", "X-A: b\nX-Evil: 1"},
        {"GET", "http://127.0.0.1/", "X-A\r\n: b"},
        {"GET", "http://127.0.0.1/", "X-A: b\x01"},
        {"GET", "http://127.0.0.1/", "X-A: b\x7f"},
        {"GET", "http://127.0.0.1/", "no colon"},
        {"GET", "http://127.0.0.1/", ": no name"},
        {"GET", "http://127.0.0.1/", "X A: blank in name"},
        {"GET", "http://127.0.0.1/", ""},
        {"POST", "http://127.0.0.1/", "Content-Length: 3"},
        {"POST", "http://127.0.0.1/", "transfer-encoding: chunked"},
        {"GET", "http://127.0.0.1/", "Upgrade: websocket"},
        {"CONNECT", "http://127.0.0.1/", NULL},
        {"TRACE", "http://127.0.0.1/", NULL},
        {"GET /x HTTP/1.1\r\nX-Evil:", "http://127.0.0.1/", NULL},
        {"get", "http://127.0.0.1/", NULL},
        {"", "http://127.0.0.1/", NULL},
        {"GET", "127.0.0.1/", NULL},
        {"GET", "", NULL},
        {"GET", "file:///etc/hostname", NULL},
        {"GET", "gopher://127.0.0.1/", NULL},
        {"GET", "http://", NULL},
        {"GET", "http://127.0.0.1:99999/", NULL},
        {"GET", "http://127.0.0.1/\r\nX-Evil: 1", NULL},
        {"GET", "http://127.0.0.1/a b", NULL},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *headers[] = {cases[i].header, NULL};
        struct outcome o =
            ask(w, &(struct http_request){
                       .method = cases[i].method, .url = cases[i].url, .headers = headers});
        if (!o.failure || strcmp(o.failure, "protocol") != 0 || !o.message[0])
            fail_msg("case %zu: %s, %d", i, o.failure ? o.failure : "answered", o.status);
        outcome_done(&o);
    }
    assert_int_equal(w->server.accepted, 0);
}

static void nobody_there_is_a_connect_failure(void **state)
{
    struct world *w = *state;
    fake_stop(&w->server);
    struct outcome o = get(w, "/");
    assert_failed(o, "connect");
    assert_int_equal(o.status, 0);
    outcome_done(&o);
}

static void hanging_up_is_a_connect_failure(void **state)
{
    struct world *w = *state;
    fake_route(&w->server, "/", mem_text(""), 0)->close = true;
    struct outcome o = get(w, "/");
    assert_failed(o, "connect");
    outcome_done(&o);
}

static void garbage_is_a_protocol_failure(void **state)
{
    struct world *w = *state;
    fake_route(&w->server, "/", mem_text("SSH-2.0-OpenSSH\r\n\r\n"), 19)->close = true;
    struct outcome o = get(w, "/");
    assert_failed(o, "protocol");
    outcome_done(&o);
}

static void body_cut_short_is_a_protocol_failure(void **state)
{
    static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour";
    struct world *w = *state;
    fake_route(&w->server, "/", mem_text(cut), sizeof cut - 1)->close = true;
    struct outcome o = get(w, "/");
    assert_failed(o, "protocol");
    assert_int_equal(o.body.len, 0);
    outcome_done(&o);
}

static void plain_server_is_a_tls_failure(void **state)
{
    struct world *w = *state;
    char url[URL_BYTES];
    w->server.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n";
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", w->server.port);
    struct outcome o = ask(w, &(struct http_request){.method = "GET", .url = url});
    assert_failed(o, "tls");
    outcome_done(&o);
}

static void retry_after_is_read_in_seconds_and_dates(void **state)
{
    static const struct {
        const char *header;
        int64_t least_ms, most_ms;
    } cases[] = {
        {"", -1, -1},
        {"Retry-After: 0\r\n", 0, 0},
        {"Retry-After: 120\r\n", 120000, 120000},
        {"Retry-After: 99999999999999999999\r\n", -1, 31536000000},
        {"Retry-After: 9999999999\r\n", 31536000000, 31536000000},
        {"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", -1, 0},
        {"Retry-After: Tue, 01 Jan 2999 00:00:00 GMT\r\n", 3600000, INT64_MAX},
        {"Retry-After: soon\r\n", -1, -1},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[8];
        snprintf(path, sizeof path, "/%zu", i);
        fake_page(&w->server, path, "503 Busy", cases[i].header, TEXT(""));
        struct outcome o = get(w, path);
        assert_answered(o, 503);
        if (o.retry_after_ms < cases[i].least_ms || o.retry_after_ms > cases[i].most_ms)
            fail_msg("case %zu: %lld", i, (long long)o.retry_after_ms);
        outcome_done(&o);
        free(w->server.routes[--w->server.count].answer);
    }
}

static void compressed_answers_are_unpacked(void **state)
{
    static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                           0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0xcd,
                                           0xcf, 0xcf, 0x2b, 0xc9, 0x4c, 0x49, 0x05, 0x00, 0x68,
                                           0x78, 0xca, 0xde, 0x0e, 0x00, 0x00, 0x00};
    struct world *w = *state;
    fake_page(&w->server, "/", "200 OK", "Content-Encoding: gzip\r\n",
              (struct text){(const char *)packed, sizeof packed});
    struct outcome o = get(w, "/");
    assert_answered(o, 200);
    assert_string_equal(o.body.data, "hello moontide");
    assert_contains(w->server.seen.data, "Accept-Encoding:");
    outcome_done(&o);
}

static void interim_answers_are_passed_over(void **state)
{
    static const char bytes[] = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct world *w = *state;
    fake_route(&w->server, "/", mem_text(bytes), sizeof bytes - 1);
    struct outcome o = get(w, "/");
    assert_answered(o, 200);
    assert_lacks(o.headers, "link");
    assert_string_equal(o.body.data, "ok");
    outcome_done(&o);
}

static void environment_proxies_are_ignored(void **state)
{
    struct world *w = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    fake_page(&w->server, "/", "200 OK", "", TEXT("direct"));
    struct outcome o = get(w, "/");
    assert_answered(o, 200);
    outcome_done(&o);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void missing_libcurl_is_named(void **state)
{
    (void)state;
    struct curl_lib lib;
    struct error err = {0};
    assert_false(curl_lib_load(&lib, "libcurl.so.none", &err));
    assert_string_equal(err.text, "libcurl.so.none is not installed");
    assert_false(curl_lib_load(&lib, "libm.so.6", &err));
    assert_string_equal(err.text, "libm.so.6 is too old: it has no curl_global_init");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        net_test(answer_brings_status_headers_and_body),
        net_test(statuses_of_failure_are_answers),
        net_test(methods_headers_and_bodies_are_sent_as_given),
        net_test(malformed_requests_are_answers_too),
        net_test(nobody_there_is_a_connect_failure),
        net_test(hanging_up_is_a_connect_failure),
        net_test(garbage_is_a_protocol_failure),
        net_test(body_cut_short_is_a_protocol_failure),
        net_test(plain_server_is_a_tls_failure),
        net_test(retry_after_is_read_in_seconds_and_dates),
        net_test(compressed_answers_are_unpacked),
        net_test(interim_answers_are_passed_over),
        net_test(environment_proxies_are_ignored),
        cmocka_unit_test(missing_libcurl_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
