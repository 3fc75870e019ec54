/* SPDX-License-Identifier: MIT */
#include "net/sse.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

struct seen {
    char text[1024]; /* "id|name|data;" an event */
    int stop_after;
};

static bool note(void *arg, const struct sse_event *e)
{
    struct seen *seen = arg;
    size_t at = strlen(seen->text);
    snprintf(seen->text + at, sizeof seen->text - at, "%.*s|%.*s|%.*s;",
             e->id.data ? (int)e->id.len : 1, e->id.data ? e->id.data : "-",
             e->name.data ? (int)e->name.len : 1, e->name.data ? e->name.data : "-",
             (int)e->data.len, e->data.data);
    return --seen->stop_after != 0;
}

/* Feeds `stream` in pieces of `step` bytes. */
static void check(const char *stream, size_t step, const char *expected)
{
    struct sse s;
    struct seen seen = {0};
    sse_init(&s);
    for (size_t at = 0, all = strlen(stream); at < all; at += step) {
        size_t n = all - at < step ? all - at : step;
        assert_true(sse_feed(&s, (struct text){stream + at, n}, note, &seen));
    }
    assert_string_equal(seen.text, expected);
    sse_done(&s);
}

static void every_split_gives_the_same_events(void **state)
{
    (void)state;
    static const char stream[] = "\xEF\xBB\xBFretry: 1000\n\n: beat\n\nid: 1\ndata: {\"a\":1}\n\n"
                                 "id:2\r\nevent: x\r\ndata:one\r\ndata: two\r\n\r\n"
                                 "data\r\rdata: last\n\n";
    for (size_t step = 1; step < sizeof stream; step++)
        check(stream, step, "1|-|{\"a\":1};2|x|one\ntwo;2|-|;2|-|last;");
}

static void half_an_event_at_the_end_is_not_told(void **state)
{
    (void)state;
    check("id: 1\ndata: a\n\nid: 2\ndata: b\n", 100, "1|-|a;");
}

static void unknown_fields_and_comments_are_ignored(void **state)
{
    (void)state;
    check("dat: x\n:data: y\ndata:  two blanks\nretry: 1s\n\n", 7, "-|-| two blanks;");
}

static void a_restart_drops_the_half_read_event_and_its_id(void **state)
{
    (void)state;
    struct sse s;
    struct seen seen = {0};
    sse_init(&s);
    assert_true(sse_feed(&s, TEXT("retry: 250\nid: 7\ndata: a\n\nid: 8\ndata: b"), note, &seen));
    sse_restart(&s);
    assert_true(sse_feed(&s, TEXT("data: c\n\n"), note, &seen));
    assert_string_equal(seen.text, "7|-|a;-|-|c;");
    assert_int_equal(s.retry_ms, 250);
    sse_done(&s);
}

static void the_reader_can_stop(void **state)
{
    (void)state;
    struct sse s;
    struct seen seen = {.stop_after = 1};
    sse_init(&s);
    assert_false(sse_feed(&s, TEXT("data: a\n\ndata: b\n\n"), note, &seen));
    assert_string_equal(seen.text, "-|-|a;");
    sse_done(&s);
}

static void an_event_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct sse s;
    struct seen seen = {0};
    sse_init(&s);
    s.line.max = s.data.max = 8;
    assert_false(sse_feed(&s, TEXT("data: 123456789\n\n"), note, &seen));
    assert_true(s.line.full);
    sse_done(&s);

    sse_init(&s);
    s.data.max = 8;
    assert_false(sse_feed(&s, TEXT("data: 1234\ndata: 5678\n\n"), note, &seen));
    assert_true(s.data.full);
    assert_string_equal(seen.text, "");
    sse_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same_events),
        cmocka_unit_test(half_an_event_at_the_end_is_not_told),
        cmocka_unit_test(unknown_fields_and_comments_are_ignored),
        cmocka_unit_test(a_restart_drops_the_half_read_event_and_its_id),
        cmocka_unit_test(the_reader_can_stop),
        cmocka_unit_test(an_event_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
