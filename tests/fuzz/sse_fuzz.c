/* SPDX-License-Identifier: MIT */
/* Server-sent events: SEED BYTE, then a stream. It must give the same events in one piece and in
 * pieces of any size. */
#include "fuzz.h"

#include "net/sse.h"

static void put(struct buf *seen, struct text t)
{
    buf_printf(seen, "%zd:", t.data ? (ssize_t)t.len : -1);
    buf_text(seen, t.data ? t : TEXT(""));
}

static bool on_event(void *arg, const struct sse_event *event)
{
    struct buf *seen = arg;
    FUZZ_CHECK(event->data.data, "an event without data");
    put(seen, event->data);
    put(seen, event->name);
    put(seen, event->id);
    return true;
}

static void feed(struct text in, uint32_t seed, struct buf *seen)
{
    struct sse s;
    sse_init(&s);
    buf_init(seen, 16 << 20);
    while (in.len) {
        seed = seed * 1664525 + 1013904223;
        size_t most = seed >> 30 ? (seed >> 24) % 7 + 1 : in.len;
        struct text piece = fuzz_bytes(&in, most);
        char *copy = fuzz_copy(piece);
        FUZZ_CHECK(sse_feed(&s, (struct text){copy, piece.len}, on_event, seen), "stopped");
        free(copy);
    }
    buf_printf(seen, "retry %lld", (long long)s.retry_ms);
    sse_restart(&s);
    sse_done(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    uint32_t seed = fuzz_u8(&in);
    struct buf whole, pieces;
    feed(in, 0, &whole);
    feed(in, seed * 2654435761U + 0xc0000000U, &pieces);
    fuzz_same(buf_view(&whole), buf_view(&pieces), "whole and in pieces");
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
