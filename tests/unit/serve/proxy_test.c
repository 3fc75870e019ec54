/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "serve/door/door_proxy.h"
#include <string.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(s)  ((struct text){s, sizeof(s) - 1})
#define TCP4                     \
    SIGNATURE "\x21\x11\0\x0c"   \
              "\xc6\x33\x64\x07" \
              "\x7f\0\0\1"       \
              "\x12\x34\0\x50"
#define V6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"

static const struct {
    struct text in;
    enum proxy_state want;
    const char *source; /* NULL: its own */
    size_t left;
} rows[] = {
    {BYTES(TCP4), PROXY_DONE, "198.51.100.7", 0},
    {BYTES(TCP4 "GET /"), PROXY_DONE, "198.51.100.7", 5},
    {BYTES(SIGNATURE "\x21\x11\0\x0f"
                     "\xc6\x33\x64\x07\x7f\0\0\1\x12\x34\0\x50"
                     "\x04\0\0"
                     "G"),
     PROXY_DONE, "198.51.100.7", 1},
    {BYTES(SIGNATURE "\x21\x21\0\x24" V6 V6 "\x12\x34\0\x50"), PROXY_DONE, "2001:db8::1", 0},
    {BYTES(SIGNATURE "\x20\0\0\0"), PROXY_DONE, NULL, 0},
    {BYTES(SIGNATURE "\x20\x11\0\x01x"), PROXY_DONE, NULL, 0},
    {BYTES(SIGNATURE "\x21\0\0\0"), PROXY_DONE, NULL, 0},
    {BYTES(SIGNATURE), PROXY_MORE, NULL, 0},
    {BYTES(SIGNATURE "\x21\x11\0\x0c\xc6"), PROXY_MORE, NULL, 0},
    {BYTES(""), PROXY_MORE, NULL, 0},
    {BYTES("GET / HTTP/1.1\r\n"), PROXY_BAD, NULL, 0},
    {BYTES("PROXY TCP4 198.51.100.7 127.0.0.1 1 2\r\n"), PROXY_BAD, NULL, 0}, /* version 1 */
    {BYTES("G"), PROXY_BAD, NULL, 0},
    {BYTES(SIGNATURE "\x11\x11\0\x0c"), PROXY_BAD, NULL, 0},
    {BYTES(SIGNATURE "\x22\x11\0\x0c"), PROXY_BAD, NULL, 0},
    {BYTES(SIGNATURE "\x21\x12\0\x0c"), PROXY_BAD, NULL, 0}, /* UDP */
    {BYTES(SIGNATURE "\x21\x31\0\xd8"), PROXY_BAD, NULL, 0}, /* a UNIX socket */
    {BYTES(SIGNATURE "\x21\x11\0\x0b"), PROXY_BAD, NULL, 0}, /* too short for its addresses */
    {BYTES(SIGNATURE "\x21\x21\0\x0c"), PROXY_BAD, NULL, 0},
    {BYTES(SIGNATURE "\x21\x11\x10\x01"), PROXY_BAD, NULL, 0}, /* 4097 */
};

static enum proxy_state feed(struct text in, size_t step, struct proxy *p, size_t *left)
{
    enum proxy_state state = PROXY_MORE;
    *p = (struct proxy){0};
    while (in.len > 0 && state == PROXY_MORE) {
        struct text piece = {in.data, step < in.len ? step : in.len};
        size_t had = piece.len;
        state = proxy_next(p, &piece);
        in.data += had - piece.len;
        in.len -= had - piece.len;
        if (state == PROXY_BAD)
            in.len = 0;
    }
    *left = in.len;
    return state;
}

static void headers_are_judged_alike_whole_and_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t step = 1; step < 64; step += 9) {
            struct proxy p;
            struct cidr_address source;
            char shown[CIDR_TEXT] = "";
            size_t left;
            enum proxy_state got = feed(rows[i].in, step, &p, &left);
            if (got != rows[i].want || left != rows[i].left)
                fail_msg("row %zu, step %zu: %d, %zu left", i, step, got, left);
            if (got != PROXY_DONE)
                continue;
            assert_int_equal(proxy_source(&p, &source), rows[i].source != NULL);
            if (!rows[i].source)
                continue;
            cidr_address_text(&source, shown);
            assert_string_equal(shown, rows[i].source);
        }
    }
}

static void the_longest_header_is_passed_over(void **state)
{
    (void)state;
    struct buf b;
    struct proxy p;
    size_t left;
    buf_init(&b, 8192);
    buf_add(&b, SIGNATURE "\x21\x11\x10\0\xc6\x33\x64\x07", 20);
    for (int i = 4; i < PROXY_MAX; i++)
        buf_char(&b, 'x');
    buf_str(&b, "GET");
    assert_int_equal(feed(buf_view(&b), 100, &p, &left), PROXY_DONE);
    assert_int_equal(left, 3);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_judged_alike_whole_and_in_pieces),
        cmocka_unit_test(the_longest_header_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
