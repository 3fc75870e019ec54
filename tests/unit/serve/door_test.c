/* SPDX-License-Identifier: MIT */
/* A door in this process and raw sockets against it, on one loop and one thread. The clock is the
 * test's. */
#include "test.h"

#include "base/buf.h"
#include "base/log.h"
#include "domain/verdict.h"
#include "serve/door/door.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MS = 10000, IDLE_MS = 60000, PATIENCE_S = 10 };

#define OK "HTTP/1.1 200 OK\r\n"

static struct {
    uv_loop_t loop;
    struct door *door;
    int64_t now_ms;
    bool closed;
    int heads, bodies, gone, ready;
    char seen[4096];       /* what the handlers noted */
    struct exchange *held; /* by /hold */
    size_t written;
    bool behind;
    int fd;
    struct buf got; /* what fd has received */
    bool eof;
} t;

static int64_t wall_ms(void *arg)
{
    (void)arg;
    return 1800000000000 + t.now_ms;
}

static int64_t mono_us(void *arg)
{
    (void)arg;
    return t.now_ms * 1000;
}

static const struct clock test_clock = {.wall_ms = wall_ms, .mono_us = mono_us};

static void note(const char *format, ...) PRINTF_LIKE(1, 2);
static void note(const char *format, ...)
{
    va_list args;
    size_t len = strlen(t.seen);
    va_start(args, format);
    vsnprintf(t.seen + len, sizeof t.seen - len, format, args);
    va_end(args);
}

static void on_gone(struct exchange *x, void *data)
{
    assert_ptr_equal(data, &t);
    t.gone++;
    if (t.held == x)
        t.held = NULL;
}

static void on_refuse(struct exchange *x, int verdict, const char *detail)
{
    note("refused %s: %s\n", verdict_code((enum verdict)verdict), detail);
    exchange_answer(x, verdict_status((enum verdict)verdict), "text/plain", TEXT("dialect"));
}

static void note_header(void *arg, struct text name, struct text value)
{
    (void)arg;
    note("%.*s=%.*s\n", (int)name.len, name.data, (int)value.len, value.data);
}

static void fill(struct exchange *x, void *data)
{
    static char block[65536];
    (void)data;
    t.ready++;
    for (t.behind = false; !t.behind && t.written < 64 << 20; t.written += sizeof block)
        t.behind = !exchange_write(x, (struct text){block, sizeof block});
}

static void on_ready(struct exchange *x, void *data)
{
    (void)x;
    (void)data;
    t.ready++;
}

static void hold(struct exchange *x)
{
    t.held = x;
    exchange_own(x, &t, on_gone);
}

static void on_head(void *arg, struct exchange *x)
{
    assert_ptr_equal(arg, &t);
    struct text path = exchange_path(x);
    t.heads++;
    if (text_is(path, "/refuse"))
        exchange_answer(x, 401, "text/plain", TEXT("who?"));
    if (text_is(path, "/small")) {
        exchange_body_max(x, 10);
        exchange_on_refuse(x, on_refuse);
    }
    if (text_is(path, "/early"))
        hold(x);
}

static void on_body(void *arg, struct exchange *x)
{
    (void)arg;
    struct text path = exchange_path(x), body = exchange_body(x), query = exchange_query(x);
    t.bodies++;
    note("%.*s %.*s", (int)exchange_method_name(x).len, exchange_method_name(x).data, (int)path.len,
         path.data);
    if (query.data)
        note("?%.*s", (int)query.len, query.data);
    note(body.data ? " [%.*s]\n" : " none\n", (int)body.len, body.data ? body.data : "");
    if (text_is(path, "/headers")) {
        exchange_headers(x, note_header, NULL);
        struct text many = exchange_header(x, "many");
        note("many: %.*s; none: %d\n", (int)many.len, many.data,
             exchange_header(x, "man").data == NULL);
    }
    if (text_is(path, "/hold") || text_is(path, "/early")) {
        hold(x);
    } else if (text_is(path, "/lost")) {
        t.held = x; /* without exchange_own */
    } else if (text_is(path, "/fill")) {
        hold(x);
        exchange_stream(x, 200, "text/event-stream", fill);
    } else if (text_is(path, "/stream")) {
        hold(x);
        exchange_stream(x, 200, "text/event-stream", on_ready);
    } else if (text_is(path, "/cached")) {
        exchange_set(x, "Cache-Control", "max-age=60");
        exchange_set(x, "X-Bad", "a\r\nb: c");
        exchange_answer(x, 200, "text/css", TEXT("body{}"));
    } else if (text_is(path, "/nothing")) {
        exchange_answer(x, 204, "text/plain", TEXT("ignored"));
    } else {
        exchange_answer(x, 200, "text/plain", TEXT("fine"));
    }
}

static const struct door_options usual = {
    .loop = &t.loop,
    .clock = &test_clock,
    .host = "127.0.0.1",
    .request_ms = REQUEST_MS,
    .idle_ms = IDLE_MS,
    .head = on_head,
    .body = on_body,
    .arg = &t,
};

static void open_with(const struct door_options *options)
{
    struct error err = {0};
    memset(&t, 0, sizeof t);
    t.fd = -1;
    t.now_ms = 1000000;
    buf_init(&t.got, 128 << 20);
    uv_loop_init(&t.loop);
    t.door = door_open(options, &err);
    if (!t.door)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    (void)state;
    open_with(&usual);
    return 0;
}

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static int teardown(void **state)
{
    (void)state;
    if (t.fd >= 0)
        close(t.fd);
    door_close(t.door, on_closed, &t.closed);
    uv_run(&t.loop, UV_RUN_DEFAULT);
    assert_true(t.closed);
    assert_int_equal(uv_loop_close(&t.loop), 0);
    buf_done(&t.got);
    return 0;
}

static int connect_to(const char *host)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)door_port(t.door))};
    inet_pton(AF_INET, host, &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void receive(void)
{
    char bytes[65536];
    ssize_t n;
    while (t.fd >= 0 && (n = recv(t.fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        buf_add(&t.got, bytes, (size_t)n);
    if (t.fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN)))
        t.eof = true;
}

/* One turn: waits until the loop or the client socket has something. */
static void turn(bool listening)
{
    struct pollfd fds[2] = {{.fd = uv_backend_fd(&t.loop), .events = POLLIN},
                            {.fd = listening && !t.eof ? t.fd : -1, .events = POLLIN}};
    int wait_ms = uv_backend_timeout(&t.loop);
    poll(fds, 2, wait_ms < 0 || wait_ms > 100 ? 100 : wait_ms);
    uv_run(&t.loop, UV_RUN_NOWAIT);
    if (listening)
        receive();
}

/* Runs the loop until the condition holds; it must within PATIENCE_S. */
#define AWAIT(condition, listening)                                                            \
    for (time_t began = time(NULL); !(condition);) {                                           \
        if (time(NULL) - began > PATIENCE_S)                                                   \
            fail_msg("never: %s\ngot: %s\nseen: %s", #condition, t.got.data ? t.got.data : "", \
                     t.seen);                                                                  \
        turn(listening);                                                                       \
    }

static void send_text(const char *wire)
{
    if (t.fd < 0)
        t.fd = connect_to("127.0.0.1");
    assert_int_equal(send(t.fd, wire, strlen(wire), MSG_NOSIGNAL), strlen(wire));
}

static int count(const char *what)
{
    int n = 0;
    for (const char *at = t.got.data; at && (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void await_text(const char *what)
{
    AWAIT(count(what) > 0, true);
}

static void await_eof(void)
{
    AWAIT(t.eof, true);
}

static void forget_answer(void)
{
    buf_clear(&t.got);
    t.seen[0] = '\0';
}

static void a_request_is_handed_over_as_sent(void **state)
{
    (void)state;
    send_text(
        "POST /a%2Fb//c?x=%41 HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine-1\r\nContent-Length: 5\r\n\r\nhello");
    await_text("fine");
    assert_string_equal(t.seen, "POST /a%2Fb//c?x=%41 [hello]\n");
    assert_non_null(strstr(
        t.got.data, OK
        "Date: Fri, 15 Jan 2027 08:16:40 GMT\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"
        "Cache-Control: no-store\r\nX-Request-Id: mine-1\r\n\r\nfine"));
}

static void a_bad_request_id_is_replaced(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\n\r\n");
    await_text("X-Request-Id: req_");
}

static void requests_follow_each_other_on_one_connection(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        send_text("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
        AWAIT(count("fine") == i, true);
    }
    assert_int_equal(count("Connection: close"), 0);
    assert_int_equal(door_connections(t.door), 1);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    static const char wire[] =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\n\r\n";
    for (size_t i = 0; i < sizeof wire - 1; i++) {
        send_text((char[]){wire[i], 0});
        turn(true);
    }
    await_text("fine");
    assert_string_equal(t.seen, "POST / [hello]\n");
    assert_int_equal(count("Connection: close"), 1);
    await_eof();
}

static void a_pipelined_request_is_never_run(void **state)
{
    (void)state;
    send_text(
        "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\naPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nb");
    await_eof();
    assert_string_equal(t.seen, "POST /1 [a]\n");
    assert_int_equal(count("HTTP/1.1"), 1);
    assert_int_equal(count("Connection: close"), 1);
}

static void a_request_behind_a_waiting_one_is_never_run(void **state)
{
    (void)state;
    send_text("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held, true);
    send_text("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    turn(true);
    turn(true);
    exchange_answer(t.held, 200, "text/plain", TEXT("late"));
    await_eof();
    assert_int_equal(count("late"), 1);
    assert_int_equal(t.bodies, 1);
}

static void a_stray_line_end_behind_a_body_is_swallowed(void **state)
{
    (void)state;
    send_text("POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na\r\n");
    await_text("fine");
    send_text("\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(count("fine") == 2, true);
    assert_string_equal(t.seen, "POST /1 [a]\nGET /2 none\n");
    assert_int_equal(count("Connection: close"), 0);
}

static void a_malformed_head_is_answered_and_the_connection_closed(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n");
    await_eof();
    assert_int_equal(count("HTTP/1.1 400 Bad Request\r\n"), 1);
    assert_int_equal(count("\"code\":\"bad_request\""), 1);
    assert_int_equal(count("Connection: close"), 1);
    assert_int_equal(t.heads, 0);
}

static void a_small_body_of_a_refused_request_is_drained(void **state)
{
    (void)state;
    send_text("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
    await_text("who?");
    send_text("67890GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("fine");
    assert_string_equal(t.seen, "GET / none\n");
    assert_int_equal(count("Connection: close"), 0);
}

static void a_large_body_of_a_refused_request_closes(void **state)
{
    (void)state;
    send_text("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n12345");
    await_text("who?");
    assert_int_equal(count("Connection: close"), 1);
    send_text("more of the body");
    await_eof();
    assert_int_equal(t.bodies, 0);
}

static void continue_is_said_when_the_body_is_wanted(void **state)
{
    (void)state;
    send_text("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    await_text("HTTP/1.1 100 Continue\r\n\r\n");
    send_text("hello");
    await_text("fine");
    assert_string_equal(t.seen, "POST / [hello]\n");
}

static void continue_is_not_said_to_a_refused_request(void **state)
{
    (void)state;
    send_text(
        "POST /refuse HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    await_eof();
    assert_int_equal(count("100 Continue"), 0);
    assert_int_equal(count("401"), 1);
}

static void an_oversized_body_is_refused_in_the_dialect(void **state)
{
    (void)state;
    send_text("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
    await_eof();
    assert_int_equal(count("HTTP/1.1 413 Content Too Large\r\n"), 1);
    assert_int_equal(count("dialect"), 1);
    assert_int_equal(t.bodies, 0);
}

static void an_oversized_chunked_body_is_refused(void **state)
{
    (void)state;
    send_text(
        "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n");
    await_eof();
    assert_int_equal(count(" 413 "), 1);
    assert_int_equal(t.bodies, 0);
}

static void malformed_chunks_are_refused(void **state)
{
    (void)state;
    send_text("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n1234567\r\n");
    await_eof();
    assert_int_equal(count(" 400 "), 1);
    assert_int_equal(t.bodies, 0);
}

static void headers_are_listed_and_joined(void **state)
{
    (void)state;
    send_text(
        "GET /headers HTTP/1.1\r\nHost: h\r\nMany: 1\r\nX-GitHub-Event: push\r\nmany: \r\nMANY: 3\r\n\r\n");
    await_text("fine");
    assert_string_equal(
        t.seen,
        "GET /headers none\nhost=h\nmany=1, , 3\nx-github-event=push\nmany: 1, , 3; none: 1\n");
}

static void an_answer_takes_headers_but_no_line_ends(void **state)
{
    (void)state;
    send_text("GET /cached HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("body{}");
    assert_int_equal(count("Cache-Control: max-age=60\r\n"), 1);
    assert_int_equal(count("no-store"), 0);
    assert_int_equal(count("X-Bad: a  b: c\r\n"), 1);
}

static void head_and_204_have_no_body(void **state)
{
    (void)state;
    send_text("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("\r\n\r\n");
    assert_int_equal(count("Content-Length: 4\r\n"), 1);
    assert_int_equal(count("fine"), 0);
    forget_answer();
    send_text("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("\r\n\r\n");
    assert_int_equal(count("204 No Content"), 1);
    assert_int_equal(count("Content-"), 0);
}

static void a_slow_request_is_given_up(void **state)
{
    (void)state;
    send_text("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
    AWAIT(t.heads == 1, true);
    t.now_ms += REQUEST_MS / 2;
    send_text("a byte now and then does not help");
    turn(true);
    t.now_ms += REQUEST_MS / 2 + 200;
    await_eof();
    assert_int_equal(count("HTTP/1.1 408 Request Timeout\r\n"), 1);
    assert_int_equal(t.bodies, 0);
}

static void a_slow_head_is_given_up(void **state)
{
    (void)state;
    send_text("POST / HTTP/1.1\r\nHos");
    AWAIT(door_connections(t.door) == 1, true);
    turn(true);
    t.now_ms += REQUEST_MS + 200;
    await_eof();
    assert_int_equal(count("HTTP/1.1 408 "), 1);
    assert_int_equal(t.heads, 0);
}

static void an_idle_connection_is_closed_without_a_word(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("fine");
    t.now_ms += IDLE_MS - 1000;
    turn(true);
    assert_false(t.eof);
    forget_answer();
    t.now_ms += 1200;
    await_eof();
    assert_int_equal(t.got.len, 0);
}

static void a_waiting_request_has_no_deadline_here(void **state)
{
    (void)state;
    send_text("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held, true);
    t.now_ms += 10 * IDLE_MS;
    for (int i = 0; i < 3; i++)
        turn(true);
    exchange_answer(t.held, 200, "text/plain", TEXT("late"));
    assert_int_equal(t.gone, 0); /* never from within */
    await_text("late");
    AWAIT(t.gone == 1, true);
    assert_false(t.eof);
}

static void gone_is_called_once_when_the_client_hangs_up(void **state)
{
    (void)state;
    send_text("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("\r\n\r\n");
    AWAIT(t.ready == 1, true);
    close(t.fd);
    t.fd = -1;
    AWAIT(t.gone == 1, true);
    AWAIT(door_connections(t.door) == 0, true);
}

static void a_route_without_own_may_answer_one_that_hung_up(void **state)
{
    (void)state;
    struct linger reset = {.l_onoff = 1};
    send_text("GET /lost HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held, true);
    setsockopt(t.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(t.fd);
    t.fd = -1;
    AWAIT(door_connections(t.door) == 0, true);
    exchange_answer(t.held, 200, "text/plain", TEXT("to nobody"));
    assert_true(exchange_answered(t.held));
    turn(true);
    turn(true);
}

static void a_client_that_shut_its_side_gets_its_answer(void **state)
{
    (void)state;
    send_text("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held, true);
    shutdown(t.fd, SHUT_WR);
    for (int i = 0; i < 5; i++)
        turn(true);
    assert_int_equal(t.gone, 0);
    exchange_answer(t.held, 200, "text/plain", TEXT("late"));
    await_eof();
    assert_int_equal(count("late"), 1);
    AWAIT(door_connections(t.door) == 0, true);
    assert_int_equal(t.gone, 1);
}

static void an_answer_may_come_while_the_body_does(void **state)
{
    (void)state;
    send_text("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345");
    AWAIT(t.held, true);
    exchange_answer(t.held, 403, "text/plain", TEXT("not you"));
    await_text("not you");
    send_text("67890");
    turn(true);
    send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("fine");
    assert_string_equal(t.seen, "GET / none\n");
    assert_int_equal(t.gone, 1);
}

static void a_stream_has_its_headers_and_ends_with_a_close(void **state)
{
    (void)state;
    send_text("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.ready == 1, true);
    assert_true(exchange_write(t.held, TEXT("data: 1\n\n")));
    assert_true(exchange_write(t.held, TEXT("data: 2\n\n")));
    exchange_end(t.held);
    await_eof();
    assert_int_equal(count("Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n"),
                     1);
    assert_int_equal(count("Connection: close\r\n\r\ndata: 1\n\ndata: 2\n\n"), 1);
    assert_int_equal(count("Content-Length"), 0);
    AWAIT(t.gone == 1, true);
}

static void a_slow_reader_holds_the_writer_back_and_loses_nothing(void **state)
{
    (void)state;
    send_text("GET /fill HTTP/1.1\r\nHost: h\r\n\r\nbytes nobody reads must not spin the loop");
    AWAIT(t.behind, false);
    for (int i = 0; i < 20; i++)
        turn(false);
    int readies = t.ready;
    assert_true(t.behind && t.written < 64 << 20);
    t.now_ms += 5000;
    exchange_stalled_ms(t.held); /* may notice what the kernel has moved since */
    t.now_ms += 5000;
    assert_int_equal(exchange_stalled_ms(t.held), 5000);
    for (int i = 0; i < 20; i++)
        turn(false);
    assert_int_equal(t.ready, readies);
    AWAIT(t.got.len > 64 << 20, true);
    AWAIT(t.written == 64 << 20 && exchange_stalled_ms(t.held) == 0, true);
    const char *body = strstr(t.got.data, "\r\n\r\n") + 4;
    AWAIT(t.got.len - (size_t)(body - t.got.data) == t.written, true);
    exchange_abort(t.held);
    await_eof();
    assert_int_equal(t.gone, 1);
}

static void a_reader_that_never_reads_is_closed_while_the_rest_goes_on(void **state)
{
    (void)state;
    send_text("GET /fill HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.behind, false);
    exchange_abort(t.held);
    assert_int_equal(t.gone, 0);
    AWAIT(t.gone == 1 && door_connections(t.door) == 0, false);
}

/* Who wrote the stream has gone; the connection is the door's to end. */
static void the_rest_of_an_ended_stream_is_not_kept_for_ever(void **state)
{
    (void)state;
    send_text("GET /fill HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.behind, false);
    exchange_end(t.held);
    for (int i = 0; i < 20; i++)
        turn(false);
    assert_int_equal(t.gone, 0);
    for (int s = 0; s < 62; s++) { /* time goes by in steps, as the wheel sees it */
        t.now_ms += 1000;
        turn(false);
    }
    AWAIT(t.gone == 1 && door_connections(t.door) == 0, false);
}

static void too_many_connections_get_503_then_nothing(void **state)
{
    (void)state;
    teardown(state);
    struct door_options options = usual;
    options.connections = 2;
    open_with(&options);
    int first = connect_to("127.0.0.1"), second = connect_to("127.0.0.1");
    AWAIT(door_connections(t.door) == 2, false);
    send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_eof();
    assert_int_equal(count("HTTP/1.1 503 Service Unavailable\r\n"), 1);
    assert_int_equal(count("Retry-After: 1\r\n"), 1);
    assert_int_equal(t.heads, 0);
    close(first);
    close(second);
    close(t.fd);
    t.fd = -1;
    AWAIT(door_connections(t.door) == 0, false);
    t.eof = false;
    forget_answer();
    send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_text("fine");
}

static void one_address_cannot_take_all_connections(void **state)
{
    (void)state;
    teardown(state);
    struct door_options options = usual;
    options.connections_per_address = 1;
    open_with(&options);
    int mine = connect_to("127.0.0.1");
    AWAIT(door_connections(t.door) == 1, false);
    send_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await_eof();
    assert_int_equal(count(" 503 "), 1);
    close(mine);
}

static void mapped_addresses_are_shown_as_ipv4(void **state)
{
    (void)state;
    teardown(state);
    struct door_options options = usual;
    struct error err = {0};
    options.host = "::";
    struct door *probe;
    memset(&t, 0, sizeof t);
    uv_loop_init(&t.loop);
    if (!(probe = door_open(&options, &err))) { /* a machine without IPv6 */
        uv_run(&t.loop, UV_RUN_DEFAULT);
        uv_loop_close(&t.loop);
        setup(state);
        skip();
    }
    t.door = probe;
    t.fd = -1;
    buf_init(&t.got, 1 << 20);
    send_text("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held, true);
    assert_string_equal(exchange_peer(t.held), "127.0.0.1");
}

static void draining_finishes_what_is_in_progress(void **state)
{
    (void)state;
    int idle = connect_to("127.0.0.1");
    send_text("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held && door_connections(t.door) == 2, true);
    door_drain(t.door);
    AWAIT(door_connections(t.door) == 1, true);
    exchange_answer(t.held, 200, "text/plain", TEXT("last"));
    await_eof();
    assert_int_equal(count("Connection: close"), 1);
    assert_int_equal(count("last"), 1);
    close(idle);
}

static void closing_tells_every_waiting_route(void **state)
{
    (void)state;
    send_text("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
    AWAIT(t.held, true);
    door_close(t.door, on_closed, &t.closed);
    uv_run(&t.loop, UV_RUN_DEFAULT);
    assert_true(t.closed);
    assert_int_equal(t.gone, 1);
    uv_loop_close(&t.loop);
    close(t.fd);
    buf_done(&t.got);
    setup(state);
}

static void a_taken_port_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct door_options options = usual;
    struct error err = {0};
    char want[100];
    options.port = door_port(t.door);
    assert_null(door_open(&options, &err));
    snprintf(want, sizeof want, "cannot listen on 127.0.0.1:%d: ", options.port);
    assert_int_equal(strncmp(err.text, want, strlen(want)), 0);
    options.host = "localhost";
    assert_null(door_open(&options, &err));
    assert_non_null(strstr(err.text, "not a numeric address"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_request_is_handed_over_as_sent),
        T(a_bad_request_id_is_replaced),
        T(requests_follow_each_other_on_one_connection),
        T(a_request_may_come_byte_by_byte),
        T(a_pipelined_request_is_never_run),
        T(a_request_behind_a_waiting_one_is_never_run),
        T(a_stray_line_end_behind_a_body_is_swallowed),
        T(a_malformed_head_is_answered_and_the_connection_closed),
        T(a_small_body_of_a_refused_request_is_drained),
        T(a_large_body_of_a_refused_request_closes),
        T(continue_is_said_when_the_body_is_wanted),
        T(continue_is_not_said_to_a_refused_request),
        T(an_oversized_body_is_refused_in_the_dialect),
        T(an_oversized_chunked_body_is_refused),
        T(malformed_chunks_are_refused),
        T(headers_are_listed_and_joined),
        T(an_answer_takes_headers_but_no_line_ends),
        T(head_and_204_have_no_body),
        T(a_slow_request_is_given_up),
        T(a_slow_head_is_given_up),
        T(an_idle_connection_is_closed_without_a_word),
        T(a_waiting_request_has_no_deadline_here),
        T(gone_is_called_once_when_the_client_hangs_up),
        T(a_route_without_own_may_answer_one_that_hung_up),
        T(a_client_that_shut_its_side_gets_its_answer),
        T(an_answer_may_come_while_the_body_does),
        T(a_stream_has_its_headers_and_ends_with_a_close),
        T(a_slow_reader_holds_the_writer_back_and_loses_nothing),
        T(a_reader_that_never_reads_is_closed_while_the_rest_goes_on),
        T(the_rest_of_an_ended_stream_is_not_kept_for_ever),
        T(too_many_connections_get_503_then_nothing),
        T(one_address_cannot_take_all_connections),
        T(mapped_addresses_are_shown_as_ipv4),
        T(draining_finishes_what_is_in_progress),
        T(closing_tells_every_waiting_route),
        T(a_taken_port_is_an_error_that_names_it),
    };
    log_level_set(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
