/* SPDX-License-Identifier: MIT */
#include "net/fetch.h"
#include "test.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers one connection with canned bytes, keeps what it was asked. */
struct server {
    int listener, port;
    const char *answer;
    char asked[4096];
    pthread_t thread;
};

static bool request_is_whole(const char *asked)
{
    const char *end = strstr(asked, "\r\n\r\n");
    const char *length = strcasestr(asked, "content-length: ");
    return end && (!length || strlen(end + 4) >= strtoul(length + 16, NULL, 10));
}

static void *serve(void *arg)
{
    struct server *s = arg;
    int fd = accept(s->listener, NULL, NULL);
    assert_true(fd >= 0);
    size_t have = 0;
    while (!request_is_whole(s->asked)) {
        ssize_t n = read(fd, s->asked + have, sizeof s->asked - 1 - have);
        assert_true(n > 0);
        have += (size_t)n;
    }
    size_t left = strlen(s->answer);
    assert_int_equal(write(fd, s->answer, left), (ssize_t)left);
    close(fd);
    return NULL;
}

static void listen_here(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, len), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
}

static const char *start(struct server *s, const char *answer)
{
    static char url[64];
    memset(s, 0, sizeof *s);
    s->answer = answer;
    listen_here(s);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/a/b?c=d", s->port);
    return url;
}

static void stop(struct server *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static void a_post_carries_headers_and_body(void **state)
{
    (void)state;
    struct server s;
    const char *const headers[] = {"x-api-key: mt_1", "Content-Type: application/json", NULL};
    const struct fetch f = {
        .method = "POST",
        .url = start(&s, "HTTP/1.1 503 x\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}"),
        .headers = headers,
        .body = TEXT("[1]"),
    };
    struct fetch_answer answer;
    struct error err = {0};
    assert_true(fetch(&f, &answer, &err));
    stop(&s);
    assert_int_equal(answer.status, 503);
    assert_int_equal(answer.retry_after_s, 7);
    assert_string_equal(answer.body.data, "{}");
    assert_non_null(strstr(s.asked, "POST /a/b?c=d HTTP/1.1\r\n"));
    assert_non_null(strstr(s.asked, "x-api-key: mt_1\r\n"));
    assert_non_null(strstr(s.asked, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(s.asked, "\r\n\r\n[1]"));
    assert_null(strstr(s.asked, "urlencoded"));
    fetch_answer_done(&answer);
}

static void a_post_without_body_says_length_zero(void **state)
{
    (void)state;
    struct server s;
    const struct fetch f = {
        .method = "POST",
        .url = start(&s, "HTTP/1.1 204 x\r\n\r\n"),
    };
    struct fetch_answer answer;
    assert_true(fetch(&f, &answer, NULL));
    stop(&s);
    assert_int_equal(answer.status, 204);
    assert_non_null(strstr(s.asked, "Content-Length: 0\r\n"));
    assert_null(strcasestr(s.asked, "content-type"));
    fetch_answer_done(&answer);
}

static bool collect(void *arg, struct text piece)
{
    struct buf *b = arg;
    buf_text(b, piece);
    return b->len < 4;
}

static void a_stream_comes_in_pieces_and_can_be_left(void **state)
{
    (void)state;
    struct server s;
    struct buf got;
    buf_init(&got, 100);
    struct fetch f = {
        .method = "GET",
        .url = start(&s, "HTTP/1.1 200 x\r\nContent-Length: 9999\r\n\r\nabcd"),
        .on_data = collect,
        .arg = &got,
    };
    struct fetch_answer answer;
    assert_true(fetch(&f, &answer, NULL));
    stop(&s);
    assert_string_equal(got.data, "abcd");
    assert_int_equal(answer.body.len, 0);
    fetch_answer_done(&answer);

    /* Another status is no stream: its body is an explanation. */
    f.url = start(&s, "HTTP/1.1 404 x\r\nContent-Length: 4\r\n\r\nnone");
    assert_true(fetch(&f, &answer, NULL));
    stop(&s);
    assert_string_equal(answer.body.data, "none");
    fetch_answer_done(&answer);
    buf_done(&got);
}

static void a_broken_answer_is_told_from_one_that_never_came(void **state)
{
    (void)state;
    struct server s;
    struct fetch f = {
        .method = "GET",
        .url = start(&s, "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nabc"),
    };
    struct fetch_answer answer;
    struct error err = {0};
    assert_false(fetch(&f, &answer, &err));
    stop(&s);
    assert_true(answer.broken);
    assert_int_equal(err.code, ERROR_IO);
    fetch_answer_done(&answer);

    f.url = start(&s, "");
    assert_false(fetch(&f, &answer, &err));
    stop(&s);
    assert_false(answer.broken);
    assert_non_null(strstr(err.text, "closed the connection"));
    fetch_answer_done(&answer);
}

static void nobody_there_asks_for_serve(void **state)
{
    (void)state;
    struct server s = {0};
    char url[64];
    char expected[128];
    listen_here(&s); /* bound, and nobody listens */
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/runs", s.port);
    snprintf(expected, sizeof expected,
             "cannot connect to http://127.0.0.1:%d: is `moontide serve` running there?", s.port);
    const struct fetch f = {.method = "GET", .url = url};
    struct fetch_answer answer;
    struct error err = {0};
    assert_false(fetch(&f, &answer, &err));
    assert_string_equal(err.text, expected);
    assert_int_equal(err.code, ERROR_IO);
    fetch_answer_done(&answer);
    close(s.listener);
}

static void an_address_of_another_kind_is_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "http://", ""};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        const struct fetch f = {.method = "GET", .url = urls[i]};
        struct fetch_answer answer;
        struct error err = {0};
        assert_false(fetch(&f, &answer, &err));
        assert_int_equal(err.code, ERROR_INVALID);
        fetch_answer_done(&answer);
    }
}

int main(void)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* not asked about this machine */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_carries_headers_and_body),
        cmocka_unit_test(a_post_without_body_says_length_zero),
        cmocka_unit_test(a_stream_comes_in_pieces_and_can_be_left),
        cmocka_unit_test(a_broken_answer_is_told_from_one_that_never_came),
        cmocka_unit_test(nobody_there_asks_for_serve),
        cmocka_unit_test(an_address_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
