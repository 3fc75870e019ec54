/* SPDX-License-Identifier: MIT */
/* Where a call may go, how long and how large it may be, and how it ends early. */
#include "http_fixture.h"

/* ---- egress and redirects */

static void loopback_is_refused_unless_listed(void **state)
{
    struct world *w = *state;
    fake_page(&w->server, "/", "200 OK", "", TEXT("in"));
    world_allow(w, NULL);
    struct outcome o = get(w, "/");
    assert_failed(o, "refused");
    assert_string_equal(o.message,
                        "127.0.0.1 is a loopback address and egress.allow does not list it");
    outcome_done(&o);
    assert_int_equal(w->server.accepted, 0);
}

static void odd_spellings_of_loopback_are_refused(void **state)
{
    static const char *const hosts[] = {
        "localhost",          "127.1", "2130706433", "0x7f.1",        "017700000001", "0",
        "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0",    "user@127.0.0.1"};
    struct world *w = *state;
    world_allow(w, NULL);
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char url[URL_BYTES];
        snprintf(url, sizeof url, "http://%s:%d/", hosts[i], w->server.port);
        struct outcome o = ask(w, &(struct http_request){.method = "GET", .url = url});
        if (!o.failure || strcmp(o.failure, "refused") != 0)
            fail_msg("%s: %s", hosts[i], o.failure ? o.message : "answered");
        outcome_done(&o);
    }
    assert_int_equal(w->server.accepted, 0);
}

static void listed_host_and_port_may_be_reached(void **state)
{
    struct world *w = *state;
    char url[URL_BYTES], allow[URL_BYTES];
    fake_page(&w->server, "/", "200 OK", "", TEXT("in"));
    snprintf(url, sizeof url, "http://LocalHost:%d/", w->server.port);
    snprintf(allow, sizeof allow, "[\"localhost:%d\"]", w->server.port);
    world_allow(w, allow);
    struct outcome o = ask(w, &(struct http_request){.method = "GET", .url = url});
    assert_answered(o, 200);
    outcome_done(&o);
    o = get(w, "/"); /* the same address by its number is not listed */
    assert_failed(o, "refused");
    outcome_done(&o);
}

static void metadata_is_refused_though_listed(void **state)
{
    struct world *w = *state;
    world_allow(w, "[\"169.254.169.254\", \"0.0.0.0/0\"]");
    struct outcome o =
        ask(w, &(struct http_request){.method = "GET", .url = "http://169.254.169.254/latest"});
    assert_failed(o, "refused");
    assert_contains(o.message, "never connected to");
    outcome_done(&o);
}

static void redirects_are_judged_like_first_addresses(void **state)
{
    static const struct {
        const char *path, *location, *failure;
    } cases[] = {
        {"/meta", "http://169.254.169.254/latest/meta-data", "refused"},
        {"/v6", "http://[fe80::1]/", "refused"},
        {"/private", "http://10.0.0.1/", "refused"},
        {"/file", "file:///etc/passwd", "protocol"},
        {"/ftp", "ftp://127.0.0.1/", "protocol"},
        {"/loop", "/loop", "protocol"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char headers[URL_BYTES];
        snprintf(headers, sizeof headers, "Location: %s\r\n", cases[i].location);
        fake_page(&w->server, cases[i].path, "302 Found", headers, TEXT("gone"));
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome o = get(w, cases[i].path);
        assert_failed(o, cases[i].failure);
        outcome_done(&o);
    }
    assert_int_equal(w->server.requests, 5 + HTTP_REDIRECTS + 1);
}

static void redirect_keeps_or_drops_method_and_body(void **state)
{
    static const struct {
        const char *method, *path, *then;
        bool body;
    } cases[] = {
        {"GET", "/302", "GET /to", false},   {"POST", "/301", "GET /to", false},
        {"POST", "/302", "GET /to", false},  {"POST", "/303", "GET /to", false},
        {"POST", "/307", "POST /to", true},  {"POST", "/308", "POST /to", true},
        {"PUT", "/302", "PUT /to", true},    {"PUT", "/303", "GET /to", false},
        {"PUT", "/307", "PUT /to", true},    {"PATCH", "/303", "GET /to", false},
        {"DELETE", "/303", "GET /to", true}, {"DELETE", "/307", "DELETE /to", true},
        {"HEAD", "/303", "HEAD /to", false},
    };
    struct world *w = *state;
    fake_page(&w->server, "/301", "301 Moved", "Location: /to\r\n", TEXT(""));
    fake_page(&w->server, "/302", "302 Found", "Location: /to\r\n", TEXT(""));
    fake_page(&w->server, "/303", "303 See Other", "Location: /to\r\n", TEXT(""));
    fake_page(&w->server, "/307", "307 Again", "Location: /to\r\n", TEXT(""));
    fake_page(&w->server, "/308", "308 Moved", "Location: /to\r\n", TEXT(""));
    fake_page(&w->server, "/to", "200 OK", "", TEXT(""));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char url[URL_BYTES];
        bool has_body = strcmp(cases[i].method, "GET") != 0 && cases[i].method[0] != 'H' &&
                        cases[i].method[0] != 'D';
        buf_clear(&w->server.seen);
        struct outcome o =
            ask(w, &(struct http_request){.method = cases[i].method,
                                          .url = url_of(w, url, cases[i].path),
                                          .body = has_body ? TEXT("the body") : TEXT_NONE});
        assert_answered(o, 200);
        const char *second = strstr(w->server.seen.data, cases[i].then);
        if (!second)
            fail_msg("case %zu: %s", i, w->server.seen.data);
        if (has_body)
            assert_true(!strstr(second, "the body") == !cases[i].body);
        outcome_done(&o);
    }
}

static void credentials_do_not_follow_to_another_host(void **state)
{
    struct world *w = *state;
    const char *headers[] = {"Authorization: Bearer abc", "Cookie: a=b", "X-Plain: 1", NULL};
    char location[URL_BYTES], url[URL_BYTES];
    world_allow(w, "[\"localhost\", \"127.0.0.1\"]");
    snprintf(location, sizeof location, "Location: http://localhost:%d/to\r\n", w->server.port);
    fake_page(&w->server, "/from", "302 Found", location, TEXT(""));
    fake_page(&w->server, "/to", "200 OK", "", TEXT(""));
    struct outcome o =
        ask(w, &(struct http_request){
                   .method = "GET", .url = url_of(w, url, "/from"), .headers = headers});
    assert_answered(o, 200);
    const char *second = strstr(w->server.seen.data, "GET /to");
    assert_contains(w->server.seen.data, "Bearer abc");
    assert_contains(second, "X-Plain: 1");
    assert_lacks(second, "Bearer");
    assert_lacks(second, "Cookie");
    outcome_done(&o);
}

static void secret_requests_stay_on_their_host(void **state)
{
    struct world *w = *state;
    const char *headers[] = {"X-Api-Key: hidden", NULL};
    char location[URL_BYTES], url[URL_BYTES];
    world_allow(w, "[\"localhost\", \"127.0.0.1\"]");
    snprintf(location, sizeof location, "Location: http://localhost:%d/to\r\n", w->server.port);
    fake_page(&w->server, "/away", "307 Away", location, TEXT(""));
    fake_page(&w->server, "/near", "307 Near", "Location: /to\r\n", TEXT(""));
    fake_page(&w->server, "/to", "200 OK", "", TEXT(""));
    struct http_request r = {
        .method = "POST", .url = url_of(w, url, "/near"), .headers = headers, .same_host = true};
    struct outcome o = ask(w, &r);
    assert_answered(o, 200);
    outcome_done(&o);
    buf_clear(&w->server.seen);
    r.url = url_of(w, url, "/away");
    o = ask(w, &r);
    assert_failed(o, "refused");
    assert_contains(o.message, "redirected to localhost");
    assert_lacks(w->server.seen.data, "/to");
    outcome_done(&o);
}

static void secret_requests_stay_on_their_port(void **state)
{
    struct world *w = *state;
    static struct fake_server other; /* its handles are closed by world_close */
    const char *headers[] = {"X-Api-Key: hidden", NULL};
    char location[URL_BYTES], url[URL_BYTES];
    fake_start(&other, &w->loop);
    world_allow(w, "[\"127.0.0.1\"]");
    snprintf(location, sizeof location, "Location: http://127.0.0.1:%d/to\r\n", other.port);
    fake_page(&w->server, "/away", "307 Away", location, TEXT(""));
    struct outcome o = ask(w, &(struct http_request){.method = "GET",
                                                     .url = url_of(w, url, "/away"),
                                                     .headers = headers,
                                                     .same_host = true});
    assert_failed(o, "refused");
    assert_contains(o.message, "redirected to port");
    assert_int_equal(other.seen.len, 0);
    outcome_done(&o);
    fake_stop(&other);
}

static void a_long_header_is_named_without_its_value(void **state)
{
    struct world *w = *state;
    char url[URL_BYTES];
    struct buf line;
    buf_init(&line, 1 << 20);
    buf_printf(&line, "X-Key: hidden%0100000d", 1);
    const char *headers[] = {line.data, NULL};
    struct outcome o = ask(
        w, &(struct http_request){.method = "GET", .url = url_of(w, url, "/"), .headers = headers});
    assert_failed(o, "protocol");
    assert_string_equal(o.message, "request header \"X-Key\" is too long");
    outcome_done(&o);
    buf_done(&line);
}

/* ---- sizes and times */

static void body_of_the_largest_size_comes_whole(void **state)
{
    struct world *w = *state;
    char *page = mem_zero(1, HTTP_ANSWER_MAX + 1);
    memset(page, 'x', HTTP_ANSWER_MAX + 1);
    fake_page(&w->server, "/fits", "200 OK", "", (struct text){page, HTTP_ANSWER_MAX});
    fake_page(&w->server, "/over", "200 OK", "", (struct text){page, HTTP_ANSWER_MAX + 1});
    free(page);
    struct outcome o = get(w, "/fits");
    assert_answered(o, 200);
    assert_int_equal(o.body.len, HTTP_ANSWER_MAX);
    outcome_done(&o);
    o = get(w, "/over");
    assert_failed(o, "too_large");
    assert_string_equal(o.message, "the answer exceeds 1048576 bytes");
    assert_int_equal(o.body.len, 0);
    outcome_done(&o);
}

static void small_answer_that_unpacks_large_is_refused(void **state)
{
    /* gzip of 2 MiB of zeros: mostly zeros itself */
    static const unsigned char front[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                          0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2,
                                          0xa0, 0xf5, 0x4f, 0x6d, 0x0c, 0x1f, 0xa0};
    static const unsigned char back[] = {0xbe, 0x06, 0x7e, 0x87, 0x89,
                                         0x8d, 0x00, 0x00, 0x20, 0x00};
    unsigned char bomb[sizeof front + 2032 + sizeof back] = {0};
    struct world *w = *state;
    memcpy(bomb, front, sizeof front);
    memcpy(bomb + sizeof bomb - sizeof back, back, sizeof back);
    fake_page(&w->server, "/", "200 OK", "Content-Encoding: gzip\r\n",
              (struct text){(const char *)bomb, sizeof bomb});
    struct outcome o = get(w, "/");
    assert_failed(o, "too_large");
    outcome_done(&o);
}

static void headers_beyond_their_limit_are_refused(void **state)
{
    struct world *w = *state;
    struct buf headers;
    buf_init(&headers, 1 << 20);
    for (int i = 0; i < 70; i++)
        buf_printf(&headers, "X-%d: %01000d\r\n", i, i);
    fake_page(&w->server, "/", "200 OK", headers.data, TEXT(""));
    buf_done(&headers);
    struct outcome o = get(w, "/");
    assert_failed(o, "too_large");
    outcome_done(&o);
}

static void silent_server_times_out(void **state)
{
    struct world *w = *state;
    char url[URL_BYTES];
    struct outcome o = ask(
        w, &(struct http_request){.method = "GET", .url = url_of(w, url, "/"), .timeout_ms = 30});
    assert_failed(o, "timeout");
    outcome_done(&o);
}

struct crowd {
    uv_loop_t *loop;
    int answered, timed_out, other;
};

static void crowd_take(void *arg, const struct http_answer *answer)
{
    struct crowd *crowd = arg;
    if (!answer->failure)
        crowd->answered++;
    else if (strcmp(answer->failure, "timeout") == 0)
        crowd->timed_out++;
    else
        crowd->other++;
    uv_stop(crowd->loop);
}

static void start_many(struct world *w, struct crowd *crowd, int count, int64_t timeout_ms)
{
    char url[URL_BYTES];
    struct http_request r = {.method = "GET", .url = url_of(w, url, "/"), .timeout_ms = timeout_ms};
    for (int i = 0; i < count; i++)
        http_start(w->http, &r, crowd_take, crowd);
}

static void more_calls_than_connections_wait_their_turn(void **state)
{
    struct world *w = *state;
    struct crowd crowd = {.loop = &w->loop};
    fake_page(&w->server, "/", "200 OK", "", TEXT("ok"));
    w->server.hold = HTTP_AT_ONCE; /* nothing is answered before all connections are in use */
    start_many(w, &crowd, 300, CALL_TIMEOUT_MS);
    while (crowd.answered + crowd.timed_out + crowd.other < 300)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(crowd.answered, 300);
    assert_int_equal(w->server.peak, HTTP_AT_ONCE);
}

static void waiting_calls_time_out_as_well(void **state)
{
    struct world *w = *state;
    struct crowd crowd = {.loop = &w->loop};
    start_many(w, &crowd, HTTP_AT_ONCE, CALL_TIMEOUT_MS);
    while (w->server.requests < HTTP_AT_ONCE)
        uv_run(&w->loop, UV_RUN_ONCE);
    start_many(w, &crowd, 5, 20);
    while (crowd.answered + crowd.timed_out + crowd.other < 5)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(crowd.timed_out, 5);
}

/* ---- early ends */

static void cancelled_call_says_nothing(void **state)
{
    struct world *w = *state;
    struct outcome o = {.loop = &w->loop};
    char url[URL_BYTES];
    struct http_request r = {.method = "GET", .url = url_of(w, url, "/"), .timeout_ms = 20000};
    http_cancel(http_start(w->http, &r, outcome_take, &o)); /* before it did anything */
    struct http_call *call = http_start(w->http, &r, outcome_take, &o);
    while (w->server.requests == 0)
        uv_run(&w->loop, UV_RUN_ONCE);
    http_cancel(call); /* in the middle */
    r.url = "file:///";
    http_cancel(http_start(w->http, &r, outcome_take, &o)); /* already failed, not yet told */
    while (w->server.open > 0)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(o.calls, 0);
}

struct tangle {
    struct world *world;
    struct http_call *calls[3];
    int told;
};

static void tangle_take(void *arg, const struct http_answer *answer)
{
    struct tangle *t = arg;
    (void)answer;
    t->told++;
    uv_stop(&t->world->loop);
    for (size_t i = 0; i < ARRAY_LEN(t->calls); i++)
        http_cancel(t->calls[i]); /* the one that is being told of among them */
}

static void calls_may_be_cancelled_by_another_calls_answer(void **state)
{
    struct world *w = *state;
    struct tangle t = {.world = w};
    fake_page(&w->server, "/", "200 OK", "", TEXT("ok"));
    w->server.hold = 3; /* so that all three are answered in one go */
    char url[URL_BYTES];
    struct http_request r = {.method = "GET", .url = url_of(w, url, "/")};
    for (size_t i = 0; i < ARRAY_LEN(t.calls); i++)
        t.calls[i] = http_start(w->http, &r, tangle_take, &t);
    while (t.told == 0)
        uv_run(&w->loop, UV_RUN_ONCE);
    while (w->server.open > 1)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(t.told, 1);
}

static void chain_take(void *arg, const struct http_answer *answer)
{
    struct tangle *t = arg;
    (void)answer;
    uv_stop(&t->world->loop);
    if (++t->told < 5) /* a failure within http_start, again and again */
        http_start(t->world->http, &(struct http_request){.method = "GET", .url = "no"}, chain_take,
                   t);
}

static void answers_may_start_calls(void **state)
{
    struct world *w = *state;
    struct tangle t = {.world = w};
    http_start(w->http, &(struct http_request){.method = "GET", .url = "no"}, chain_take, &t);
    while (t.told < 5)
        uv_run(&w->loop, UV_RUN_ONCE);
}

static void closing_take(void *arg, const struct http_answer *answer)
{
    struct tangle *t = arg;
    (void)answer;
    t->told++;
    uv_stop(&t->world->loop);
    http_close(t->world->http, mark_closed, &t->world->closed);
    t->world->http = NULL;
}

static void client_may_be_closed_by_an_answer(void **state)
{
    struct world *w = *state;
    struct tangle t = {.world = w};
    fake_page(&w->server, "/", "200 OK", "", TEXT("ok"));
    w->server.hold = 3;
    char url[URL_BYTES];
    struct http_request r = {.method = "GET", .url = url_of(w, url, "/")};
    for (size_t i = 0; i < 3; i++)
        http_start(w->http, &r, closing_take, &t);
    while (!w->closed)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(t.told, 1);
}

static void client_that_was_never_used_closes(void **state)
{
    struct world *w = *state;
    const char *why = NULL;
    assert_true(http_egress_ok(w->http, "h", "127.0.0.1", 80, &why));
    assert_false(http_egress_ok(w->http, "h", "127.0.0.2", 80, &why));
    client_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        net_test(loopback_is_refused_unless_listed),
        net_test(odd_spellings_of_loopback_are_refused),
        net_test(listed_host_and_port_may_be_reached),
        net_test(metadata_is_refused_though_listed),
        net_test(redirects_are_judged_like_first_addresses),
        net_test(redirect_keeps_or_drops_method_and_body),
        net_test(credentials_do_not_follow_to_another_host),
        net_test(secret_requests_stay_on_their_host),
        net_test(secret_requests_stay_on_their_port),
        net_test(a_long_header_is_named_without_its_value),
        net_test(body_of_the_largest_size_comes_whole),
        net_test(small_answer_that_unpacks_large_is_refused),
        net_test(headers_beyond_their_limit_are_refused),
        net_test(silent_server_times_out),
        net_test(more_calls_than_connections_wait_their_turn),
        net_test(waiting_calls_time_out_as_well),
        net_test(cancelled_call_says_nothing),
        net_test(calls_may_be_cancelled_by_another_calls_answer),
        net_test(answers_may_start_calls),
        net_test(client_may_be_closed_by_an_answer),
        net_test(client_that_was_never_used_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
