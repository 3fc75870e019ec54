/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/buf.h"
#include "serve/door/door_body.h"
#include <stdio.h>
#include <string.h>

struct outcome {
    enum body_state state; /* BODY_MORE, BODY_DONE or BODY_BAD */
    char body[256];
    size_t behind; /* bytes left behind the body */
};

/* Feeds one piece; the state after it. */
static enum body_state feed(struct body_framing *b, struct buf *body, struct text *in)
{
    struct text piece;
    enum body_state state;
    while ((state = body_next(b, in, &piece)) == BODY_DATA)
        buf_text(body, piece);
    return state;
}

/* The wire bytes in pieces of `step`. */
static struct outcome run(struct body_framing b, const char *wire, size_t len, size_t step)
{
    struct outcome out = {.state = BODY_MORE};
    struct buf body;
    buf_init(&body, sizeof out.body - 1);
    for (size_t at = 0; at < len && out.state == BODY_MORE; at += step) {
        struct text in = {wire + at, len - at < step ? len - at : step};
        out.state = feed(&b, &body, &in);
        out.behind = in.len + (len - at > step ? len - at - step : 0);
    }
    memcpy(out.body, buf_view(&body).data, body.len + 1);
    assert_false(body.full);
    buf_done(&body);
    return out;
}

static struct outcome chunked(const char *wire, size_t step)
{
    struct body_framing b;
    body_chunked(&b);
    return run(b, wire, strlen(wire), step);
}

static void counted_body_ends_at_its_length(void **state)
{
    (void)state;
    for (size_t step = 1; step < 12; step++) {
        struct body_framing b;
        body_counted(&b, 5);
        struct outcome out = run(b, "helloPOST /", 11, step);
        assert_int_equal(out.state, BODY_DONE);
        assert_string_equal(out.body, "hello");
        assert_int_equal(out.behind, 6);
    }
}

static void counted_body_of_nothing_is_done_at_once(void **state)
{
    (void)state;
    struct body_framing b;
    struct text in = TEXT("GET"), piece;
    body_counted(&b, 0);
    assert_int_equal(body_next(&b, &in, &piece), BODY_DONE);
    assert_int_equal(in.len, 3);
}

static void chunks_decode_at_every_split(void **state)
{
    (void)state;
    static const char wire[] =
        "5\r\nhello\r\n1;a=b\r\n,\r\n006 ;x\r\n world\r\n0\r\nTrailer: yes\r\n\r\nGET / HTTP/1.1";
    for (size_t step = 1; step <= sizeof wire; step++) {
        struct outcome out = chunked(wire, step);
        assert_int_equal(out.state, BODY_DONE);
        assert_string_equal(out.body, "hello, world");
        assert_int_equal(out.behind, strlen("GET / HTTP/1.1"));
    }
}

static void chunks_decode_when_cut_in_two_anywhere(void **state)
{
    (void)state;
    static const char wire[] = "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n";
    for (size_t cut = 0; cut < sizeof wire; cut++) {
        struct body_framing b;
        struct buf body;
        struct text first = {wire, cut}, second = {wire + cut, sizeof wire - 1 - cut};
        body_chunked(&b);
        buf_init(&body, 100);
        assert_int_not_equal(feed(&b, &body, &first), BODY_BAD);
        if (cut < sizeof wire - 1)
            assert_int_equal(feed(&b, &body, &second), BODY_DONE);
        assert_int_equal(b.step, STEP_DONE);
        assert_string_equal(body.data, "01234567890123456789");
        buf_done(&body);
    }
}

static void an_unfinished_chunk_asks_for_more(void **state)
{
    (void)state;
    static const char *const wires[] = {"",         "5",          "5\r",
                                        "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n",
                                        "0\r\n",    "0\r\n\r",    "0\r\nA: b"};
    for (size_t i = 0; i < ARRAY_LEN(wires); i++)
        assert_int_equal(chunked(wires[i], 3).state, BODY_MORE);
}

static void malformed_chunks_are_refused(void **state)
{
    (void)state;
    static const char *const wires[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x5\r\nhello",
        " 5\r\nhello",
        "5\nhello\r\n",
        "5\r\rx",
        "5;a\nb",
        "5;a\x01\r\n",
        "5\r\nhelloX\r\n",
        "5\r\nhello\rX",
        "5\r\nhello\n",
        "1000000000000\r\n",
        "0\r\n\n",
        "0\r\nA\n",
        "0\r\nA: b\r\r",
        "0\r\n\rX",
        "ffffffffffffff\r\n",
        ";\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(wires); i++) {
        assert_int_equal(chunked(wires[i], 1).state, BODY_BAD);
        assert_int_equal(chunked(wires[i], 100).state, BODY_BAD);
    }
}

static void extensions_and_trailers_have_limits(void **state)
{
    (void)state;
    struct buf wire;
    buf_init(&wire, 100000);
    buf_str(&wire, "1;");
    for (int i = 0; i <= BODY_EXTENSION_BYTES; i++)
        buf_char(&wire, 'e');
    assert_int_equal(chunked(wire.data, 4096).state, BODY_BAD);
    buf_clear(&wire);
    buf_str(&wire, "0\r\n");
    for (int i = 0; i <= BODY_TRAILER_BYTES / 4; i++)
        buf_str(&wire, "a:b\r\n");
    assert_int_equal(chunked(wire.data, 4096).state, BODY_BAD);
    buf_done(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_body_ends_at_its_length),
        cmocka_unit_test(counted_body_of_nothing_is_done_at_once),
        cmocka_unit_test(chunks_decode_at_every_split),
        cmocka_unit_test(chunks_decode_when_cut_in_two_anywhere),
        cmocka_unit_test(an_unfinished_chunk_asks_for_more),
        cmocka_unit_test(malformed_chunks_are_refused),
        cmocka_unit_test(extensions_and_trailers_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
