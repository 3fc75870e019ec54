/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/buf.h"
#include "domain/verdict.h"
#include "serve/door/door_head.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char bytes[HEAD_BYTES + 1];

/* Feeds the text in pieces of `step`, as the door does. */
static enum head_state parse_by(struct head *h, const char *wire, size_t len, size_t step)
{
    enum head_state state = HEAD_MORE;
    size_t have = 0;
    head_init(h);
    while (have < len && state == HEAD_MORE) {
        size_t take = len - have < step ? len - have : step;
        if (take > HEAD_BYTES - have)
            take = HEAD_BYTES - have;
        memcpy(bytes + have, wire + have, take);
        have += take;
        state = head_parse(h, bytes, have);
    }
    return state;
}

static enum head_state parse(struct head *h, const char *wire)
{
    return parse_by(h, wire, strlen(wire), SIZE_MAX);
}

static bool is(struct head_span s, const char *want)
{
    return text_is((struct text){bytes + s.at, s.len}, want);
}

static void a_head_parses_the_same_at_every_split(void **state)
{
    (void)state;
    static const char wire[] =
        "\r\nPOST /a%2Fb//../c?x=1&y=%20 HTTP/1.1\r\nHost: h\r\nX-Two:\t two words \t\r\n"
        "CONTENT-length: 12\r\nEmpty:\r\n\r\n";
    for (size_t step = 1; step <= sizeof wire; step++) {
        struct head h;
        assert_int_equal(parse_by(&h, wire, sizeof wire - 1, step), HEAD_DONE);
        assert_int_equal(h.method, METHOD_POST);
        assert_true(is(h.path, "/a%2Fb//../c"));
        assert_true(h.has_query && is(h.query, "x=1&y=%20"));
        assert_int_equal(h.count, 4);
        assert_true(is(h.fields[1].name, "x-two") && is(h.fields[1].value, "two words"));
        assert_true(is(h.fields[3].name, "empty") && is(h.fields[3].value, ""));
        assert_true(h.has_length && h.length == 12 && !h.chunked && !h.close);
        assert_int_equal(h.scanned, sizeof wire - 1);
    }
}

static void what_follows_the_head_is_not_looked_at(void **state)
{
    (void)state;
    struct head h;
    assert_int_equal(parse(&h, "GET / HTTP/1.1\r\nHost: h\r\n\r\n\n\n\001"), HEAD_DONE);
    assert_int_equal(h.scanned, strlen("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
}

static void targets_come_in_three_forms(void **state)
{
    (void)state;
    static const struct {
        const char *line, *path;
    } cases[] = {
        {"GET http://example.org:8080/p?q HTTP/1.1", "/p"},
        {"GET https://example.org HTTP/1.1", ""},
        {"OPTIONS * HTTP/1.1", "*"},
        {"GET /\xc3\xa9 HTTP/1.1", "/\xc3\xa9"},
        {"GET //evil HTTP/1.1", "//evil"},
        {"GET /? HTTP/1.1", "/"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct head h;
        char wire[200];
        snprintf(wire, sizeof wire, "%s\r\nHost: h\r\n\r\n", cases[i].line);
        assert_int_equal(parse(&h, wire), HEAD_DONE);
        assert_true(is(h.path, cases[i].path));
    }
}

static void malformed_heads_are_refused(void **state)
{
    (void)state;
    static const char *const wires[] = {
        "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "\x16\x03\x01\x02",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\rHost: h\r\n\r\n",
        "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\n folded\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: \x01\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: \x7f\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        "GET /\r\n\r\n",
        "GET\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        "GET / http/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1,1\r\nHost: h\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /#f HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1e3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551617\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: a-miracle\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
        for (size_t step = 1; step < 40; step += 19) {
            struct head h;
            enum head_state got = parse_by(&h, wires[i], strlen(wires[i]), step);
            if (got != HEAD_BAD || h.verdict != VERDICT_BAD_REQUEST || !h.problem)
                fail_msg("head %zu in steps of %zu: state %d verdict %d", i, step, (int)got,
                         h.verdict);
        }
    }
}

static void a_nul_is_refused_everywhere(void **state)
{
    (void)state;
    static const char wire[] = "GET /abc HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
    for (size_t at = 0; at < sizeof wire - 1; at++) {
        char copy[sizeof wire];
        struct head h;
        memcpy(copy, wire, sizeof wire);
        copy[at] = '\0';
        assert_int_not_equal(parse_by(&h, copy, sizeof wire - 1, SIZE_MAX), HEAD_DONE);
    }
}

static void other_verdicts_have_their_own_status(void **state)
{
    (void)state;
    static const struct {
        const char *wire;
        enum verdict verdict;
    } cases[] = {
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VERDICT_VERSION},
        {"GET / HTTP/3.0\r\n", VERDICT_VERSION},
        {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", VERDICT_METHOD},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct head h;
        assert_int_equal(parse(&h, cases[i].wire), HEAD_BAD);
        assert_int_equal(h.verdict, cases[i].verdict);
    }
}

static void sizes_have_limits(void **state)
{
    (void)state;
    struct head h;
    struct buf wire;
    buf_init(&wire, 100000);
    buf_str(&wire, "GET /");
    for (int i = 0; i < HEAD_TARGET_BYTES; i++)
        buf_char(&wire, 'a');
    buf_str(&wire, " HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(parse(&h, wire.data), HEAD_BAD);
    assert_int_equal(h.verdict, VERDICT_URI_TOO_LONG);

    buf_clear(&wire);
    for (int i = 0; i < HEAD_BYTES; i++)
        buf_char(&wire, 'a');
    assert_int_equal(parse_by(&h, wire.data, wire.len, 1000), HEAD_BAD);
    assert_int_equal(h.verdict, VERDICT_URI_TOO_LONG);

    buf_clear(&wire);
    buf_str(&wire, "GET / HTTP/1.1\r\nHost: h\r\nA: ");
    while (wire.len < HEAD_BYTES)
        buf_char(&wire, 'a');
    assert_int_equal(parse_by(&h, wire.data, wire.len, 1000), HEAD_BAD);
    assert_int_equal(h.verdict, VERDICT_HEADERS_TOO_LARGE);

    buf_clear(&wire);
    buf_str(&wire, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < HEAD_FIELDS; i++)
        buf_str(&wire, "a:b\r\n");
    buf_str(&wire, "\r\n");
    assert_int_equal(parse(&h, wire.data), HEAD_BAD);
    assert_int_equal(h.verdict, VERDICT_HEADERS_TOO_LARGE);
    buf_done(&wire);
}

static void a_head_of_exactly_the_limit_is_taken(void **state)
{
    (void)state;
    struct head h;
    struct buf wire;
    buf_init(&wire, 100000);
    buf_str(&wire, "GET / HTTP/1.1\r\nHost: h\r\nA: ");
    while (wire.len < HEAD_BYTES - 4)
        buf_char(&wire, 'a');
    buf_str(&wire, "\r\n\r\n");
    assert_int_equal(parse_by(&h, wire.data, wire.len, 777), HEAD_DONE);
    assert_int_equal(h.scanned, HEAD_BYTES);
    buf_done(&wire);
}

static void connection_and_upgrade_are_understood(void **state)
{
    (void)state;
    struct head h;
    assert_int_equal(
        parse(&h, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive , CLOSE\r\n\r\n"),
        HEAD_DONE);
    assert_true(h.close);
    assert_int_equal(parse(&h, "GET / HTTP/1.0\r\n\r\n"), HEAD_DONE);
    assert_true(h.close);
    assert_int_equal(
        parse(&h, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"),
        HEAD_DONE);
    assert_true(h.websocket);
    assert_int_equal(
        parse(
            &h,
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"),
        HEAD_DONE);
    assert_false(h.websocket);
    assert_int_equal(parse(&h, "PROPFIND / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n"),
                     HEAD_DONE);
    assert_int_equal(h.method, METHOD_OTHER);
    assert_true(is(h.method_name, "PROPFIND") && h.expect_continue);
}

/* No assertion but those of the sanitizers: nothing reads out of bounds or loops. */
static void mutations_never_break_the_parser(void **state)
{
    (void)state;
    static const char wire[] =
        "POST /v1/x?y=z HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close, upgrade\r\nExpect: 100-continue\r\n\r\n";
    srand(1);
    for (int round = 0; round < 50000; round++) {
        char copy[sizeof wire];
        struct head h;
        memcpy(copy, wire, sizeof wire);
        for (int i = rand() % 4; i >= 0; i--)
            copy[rand() % (int)(sizeof wire - 1)] =
                (char)(rand() % 2 ? "\r\n :\t,;0/"[rand() % 9] : rand());
        enum head_state got = parse_by(&h, copy, sizeof wire - 1, 1 + (size_t)(rand() % 150));
        assert_true(got != HEAD_DONE || h.scanned <= sizeof wire - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_parses_the_same_at_every_split),
        cmocka_unit_test(what_follows_the_head_is_not_looked_at),
        cmocka_unit_test(targets_come_in_three_forms),
        cmocka_unit_test(malformed_heads_are_refused),
        cmocka_unit_test(a_nul_is_refused_everywhere),
        cmocka_unit_test(other_verdicts_have_their_own_status),
        cmocka_unit_test(sizes_have_limits),
        cmocka_unit_test(a_head_of_exactly_the_limit_is_taken),
        cmocka_unit_test(connection_and_upgrade_are_understood),
        cmocka_unit_test(mutations_never_break_the_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
