/* SPDX-License-Identifier: MIT */
/* Where a body ends: MODE BYTE, SEED BYTE, then bytes. In one piece and in pieces alike; and what
 * was cut into chunks here comes back whole. */
#include "fuzz.h"

#include "serve/door/door_body.h"

enum { OUT_MAX = 16 << 20 };

/* Gives the end: BODY_MORE, BODY_DONE or BODY_BAD. *behind: bytes that are left after it. */
static enum body_state feed(struct body_framing *b, struct text in, uint32_t seed, struct buf *out,
                            size_t *behind)
{
    enum body_state state = BODY_MORE;
    struct text payload;
    while (state == BODY_MORE && in.len) {
        seed = seed * 1664525 + 1013904223;
        struct text piece = fuzz_bytes(&in, seed >> 30 ? (seed >> 24) % 5 + 1 : in.len);
        char *copy = fuzz_copy(piece);
        struct text left = {copy, piece.len};
        while ((state = body_next(b, &left, &payload)) == BODY_DATA) {
            FUZZ_CHECK(payload.data >= copy && payload.data + payload.len <= copy + piece.len,
                       "payload of %zu", payload.len);
            FUZZ_CHECK(payload.len > 0, "an empty piece");
            buf_text(out, payload);
        }
        FUZZ_CHECK(left.len <= piece.len && (state != BODY_MORE || left.len == 0), "left");
        in.len += left.len; /* only behind the end, where its data does not matter */
        free(copy);
    }
    *behind = in.len;
    return state;
}

static void begin(struct body_framing *b, uint8_t mode)
{
    if (mode & 1)
        body_counted(b, mode >> 1);
    else
        body_chunked(b);
}

static void check_cuts(uint8_t mode, uint32_t seed, struct text in)
{
    struct body_framing a, b;
    struct buf whole, pieces;
    size_t behind_whole, behind_pieces;
    buf_init(&whole, OUT_MAX);
    buf_init(&pieces, OUT_MAX);
    begin(&a, mode);
    begin(&b, mode);
    enum body_state x = feed(&a, in, 0, &whole, &behind_whole);
    enum body_state y = feed(&b, in, seed * 2654435761U + 0xc0000000U, &pieces, &behind_pieces);
    FUZZ_CHECK(x == y, "%d whole, %d in pieces", x, y);
    FUZZ_CHECK(a.step == b.step && a.left == b.left, "steps");
    FUZZ_CHECK(x == BODY_BAD || behind_whole == behind_pieces, "%zu %zu", behind_whole,
               behind_pieces);
    fuzz_same(buf_view(&whole), buf_view(&pieces), "whole and in pieces");
    buf_done(&whole);
    buf_done(&pieces);
}

static void check_round_trip(struct text in, uint32_t seed)
{
    struct body_framing b;
    struct buf sent, got;
    size_t behind;
    struct text rest = in;
    buf_init(&sent, OUT_MAX);
    buf_init(&got, OUT_MAX);
    while (rest.len) {
        seed = seed * 1664525 + 1013904223;
        struct text piece = fuzz_bytes(&rest, (seed >> 20) % 300 + 1);
        buf_printf(&sent, seed >> 31 ? "%zx\r\n" : "%04zX;a=\"b\"\r\n", piece.len);
        buf_text(&sent, piece);
        buf_str(&sent, "\r\n");
    }
    buf_str(&sent, seed & 256 ? "0\r\n\r\nnext" : "0\r\nX-Trailer: 1\r\n\r\nnext");
    body_chunked(&b);
    enum body_state state = feed(&b, buf_view(&sent), seed, &got, &behind);
    FUZZ_CHECK(state == BODY_DONE && behind == 4, "%d, %zu behind", state, behind);
    fuzz_same(buf_view(&got), in, "round trip");
    buf_done(&sent);
    buf_done(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    uint8_t mode = fuzz_u8(&in);
    uint32_t seed = fuzz_u8(&in);
    check_cuts(mode, seed, in);
    if (in.len)
        check_round_trip(in, seed);
    return 0;
}
