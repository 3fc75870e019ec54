/* SPDX-License-Identifier: MIT */
/* The head of a request: SEED BYTE, then bytes. It must be judged alike in one piece and in pieces,
 * and what it shows must lie inside it. */
#include "fuzz.h"

#include "serve/door/door_head.h"

/* As the door does it: the bytes so far, each time in a block of their own. */
static enum head_state feed(struct text in, uint32_t seed, struct head *h, char **bytes)
{
    enum head_state state = HEAD_MORE;
    size_t have = 0;
    *bytes = malloc(1);
    head_init(h);
    do {
        seed = seed * 1664525 + 1013904223;
        size_t more = seed >> 30 ? (seed >> 24) % 9 + 1 : in.len;
        more = more < in.len - have ? more : in.len - have;
        char *moved = malloc(have + more + 1);
        memcpy(moved, *bytes, have);
        memcpy(moved + have, in.data + have, more);
        free(*bytes);
        *bytes = moved;
        have += more;
        state = head_parse(h, moved, have);
    } while (state == HEAD_MORE && have < in.len);
    FUZZ_CHECK(h->scanned <= have, "scanned %zu of %zu", h->scanned, have);
    return state;
}

static struct text show(const char *bytes, struct head_span s)
{
    return (struct text){bytes + s.at, s.len};
}

static void check_span(struct head_span s, const struct head *h)
{
    FUZZ_CHECK((size_t)s.at + s.len <= h->scanned, "%u + %u of %zu", s.at, s.len, h->scanned);
}

static void check_field(const struct head *h, const char *bytes, const struct head_field *f)
{
    check_span(f->name, h);
    check_span(f->value, h);
    FUZZ_CHECK(f->name.len > 0, "a field without a name");
    struct text name = show(bytes, f->name), value = show(bytes, f->value);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        FUZZ_CHECK(c > ' ' && c < 0x7f && c != ':' && !(c >= 'A' && c <= 'Z'), "name %x", c);
    }
    for (size_t i = 0; i < value.len; i++)
        FUZZ_CHECK(!strchr("\r\n", value.data[i]), "value %x", value.data[i]); /* NUL too */
    FUZZ_CHECK(value.len == text_trim(value).len, "a value with blanks around it");
}

static void check_done(const struct head *h, const char *bytes)
{
    check_span(h->method_name, h);
    check_span(h->path, h);
    check_span(h->query, h);
    FUZZ_CHECK(h->method_name.len > 0, "no method");
    FUZZ_CHECK(!(h->chunked && h->has_length), "two ways to end the body");
    FUZZ_CHECK(h->http_1_0 || h->has_host, "no host");
    FUZZ_CHECK(bytes[h->scanned - 1] == '\n', "it ends elsewhere");
    for (unsigned i = 0; i < h->count; i++)
        check_field(h, bytes, &h->fields[i]);
}

static void check_same(const struct head *a, const struct head *b)
{
    FUZZ_CHECK(a->method == b->method && a->count == b->count && a->length == b->length, "%u %u",
               a->count, b->count);
    FUZZ_CHECK(a->close == b->close && a->chunked == b->chunked && a->websocket == b->websocket &&
                   a->has_length == b->has_length && a->expect_continue == b->expect_continue &&
                   a->has_query == b->has_query && a->http_1_0 == b->http_1_0,
               "flags");
    FUZZ_CHECK(memcmp(a->fields, b->fields, a->count * sizeof *a->fields) == 0, "fields");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    uint32_t seed = fuzz_u8(&in);
    struct head whole, pieces;
    char *a, *b;
    enum head_state state = feed(in, 0, &whole, &a);
    enum head_state other = feed(in, seed * 2654435761U + 0xc0000000U, &pieces, &b);
    FUZZ_CHECK(state == other, "%d whole, %d in pieces", state, other);
    if (state == HEAD_DONE) {
        FUZZ_CHECK(whole.scanned == pieces.scanned, "%zu %zu", whole.scanned, pieces.scanned);
        check_done(&whole, a);
        check_same(&whole, &pieces);
        FUZZ_CHECK(memcmp(a, b, whole.scanned) == 0, "bytes");
    } else if (state == HEAD_BAD) {
        FUZZ_CHECK(whole.problem && whole.verdict == pieces.verdict, "verdicts");
    }
    free(a);
    free(b);
    return 0;
}
