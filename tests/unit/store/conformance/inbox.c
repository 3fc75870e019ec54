/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

struct seen_put {
    bool done;
    enum store_outcome outcome;
    int64_t id;
    enum store_status ended;
};

static void on_put(void *arg, enum store_outcome outcome, int64_t id, enum store_status ended,
                   const struct error *err)
{
    assert_true((err != NULL) == (outcome == STORE_BROKEN));
    *(struct seen_put *)arg = (struct seen_put){true, outcome, id, ended};
}

static void start_put(struct fixture *f, const char *run, const char *kind, struct seen_put *seen)
{
    struct store_inbox row = {.run = run, .kind = text_of(kind), .at_ms = 70};
    row.data = TEXT("{\"n\":1}");
    store_inbox_put(f->s, &row, on_put, seen);
}

static struct seen_put put(struct fixture *f, const char *run, const char *kind)
{
    struct seen_put seen = {0};
    start_put(f, run, kind, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static int64_t put_ok(struct fixture *f, const char *run, const char *kind)
{
    struct seen_put seen = put(f, run, kind);
    assert_int_equal(seen.outcome, STORE_DONE);
    return seen.id;
}

struct seen_inbox {
    bool done;
    size_t count;
    int64_t last;    /* id */
    char text[1024]; /* the kinds, separated by blanks */
    char data[64];   /* of the last */
};

static void on_inbox(void *arg, const struct store_inbox *rows, size_t count,
                     const struct error *err)
{
    struct seen_inbox *seen = arg;
    assert_null(err);
    seen->done = true;
    seen->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(seen->text);
        assert_true(rows[i].id > seen->last);
        assert_int_equal(rows[i].at_ms, 70);
        seen->last = rows[i].id;
        snprintf(seen->text + len, sizeof seen->text - len, "%s%.*s", len ? " " : "",
                 (int)rows[i].kind.len, rows[i].kind.data);
        copy_text(seen->data, sizeof seen->data, rows[i].data);
    }
}

static struct seen_inbox read_inbox_after(struct fixture *f, const char *run, int64_t after)
{
    struct seen_inbox seen = {.last = after};
    store_read_inbox(f->s, run, after, on_inbox, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static struct seen_inbox read_inbox(struct fixture *f, const char *run)
{
    return read_inbox_after(f, run, 0);
}

static void rows_are_read_oldest_first_each_run_its_own(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 0);
    make_run(f, "run_b", STORE_WAITING, 0);
    put_ok(f, "run_a", "one");
    put_ok(f, "run_b", "other");
    put_ok(f, "run_a", "two");
    struct seen_inbox seen = read_inbox(f, "run_a");
    assert_string_equal(seen.text, "one two");
    assert_string_equal(seen.data, "{\"n\":1}");
    assert_string_equal(read_inbox(f, "run_b").text, "other");
    assert_int_equal(read_inbox(f, "run_c").count, 0);
}

static void a_row_for_no_run_or_an_ended_one_is_refused(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_TIMED_OUT, 0);
    assert_int_equal(put(f, "run_nobody", "x").outcome, STORE_NO_RUN);
    struct seen_put seen = put(f, "run_a", "x");
    assert_int_equal(seen.outcome, STORE_ENDED);
    assert_int_equal(seen.ended, STORE_TIMED_OUT);
    assert_int_equal(read_inbox(f, "run_a").count, 0);
}

static void rows_and_orders_of_a_run_are_applied_in_the_order_of_the_calls(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = accept_of("support", "refund");
    struct store_order accept = acceptance("run_a", &in, 1), end = later("run_a", 2, 1);
    struct seen_put before = {0}, between = {0}, after = {0};
    bool done[2] = {0};
    accept.done = end.done = on_done;
    accept.arg = &done[0];
    end.arg = &done[1];
    end.update.status = STORE_COMPLETED;
    start_put(f, "run_a", "x", &before);
    store_write(f->s, &accept);
    start_put(f, "run_a", "x", &between);
    store_write(f->s, &end);
    start_put(f, "run_a", "x", &after);
    wait_for(&f->loop, &after.done);
    assert_int_equal(before.outcome, STORE_NO_RUN);
    assert_int_equal(between.outcome, STORE_DONE);
    assert_int_equal(after.outcome, STORE_ENDED);
}

static void what_is_taken_goes_with_the_chunk_that_took_it(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 0);
    make_run(f, "run_b", STORE_WAITING, 0);
    put_ok(f, "run_a", "one");
    put_ok(f, "run_b", "other");
    int64_t second = put_ok(f, "run_a", "two");
    put_ok(f, "run_a", "three");
    struct store_order gap = later("run_a", 3, 1), good = later("run_a", 2, 1);
    gap.inbox_taken = good.inbox_taken = second;
    assert_int_equal(write_order(f, &gap), STORE_WRONG);
    assert_string_equal(read_inbox(f, "run_a").text, "one two three");
    write_ok(f, &good);
    assert_string_equal(read_inbox(f, "run_a").text, "three");
    assert_string_equal(read_inbox(f, "run_b").text, "other");
}

static void an_id_that_was_taken_never_comes_again(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 0);
    int64_t first = put_ok(f, "run_a", "one");
    struct store_order o = later("run_a", 2, 0);
    o.inbox_taken = first;
    write_ok(f, &o);
    assert_true(put_ok(f, "run_a", "two") > first);
    write_ok(f, &o);
    assert_string_equal(read_inbox(f, "run_a").text, "two");
}

static void a_run_that_ends_leaves_no_rows(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 0);
    make_run(f, "run_b", STORE_WAITING, 0);
    put_ok(f, "run_a", "one");
    put_ok(f, "run_b", "other");
    struct store_order o = later("run_a", 2, 1);
    o.update.status = STORE_CANCELLED;
    write_ok(f, &o);
    assert_int_equal(read_inbox(f, "run_a").count, 0);
    assert_int_equal(read_inbox(f, "run_b").count, 1);
}

static void an_inbox_has_room_for_so_many_rows(void **state)
{
    struct fixture *f = *state;
    static struct seen_put seen[STORE_INBOX_MAX + 1];
    make_run(f, "run_a", STORE_WAITING, 0);
    for (size_t i = 0; i <= STORE_INBOX_MAX; i++)
        start_put(f, "run_a", "x", &seen[i]);
    wait_for(&f->loop, &seen[STORE_INBOX_MAX].done);
    assert_int_equal(seen[STORE_INBOX_MAX - 1].outcome, STORE_DONE);
    assert_int_equal(seen[STORE_INBOX_MAX].outcome, STORE_FULL);
    assert_int_equal(read_inbox(f, "run_a").count, STORE_INBOX_MAX);
}

static void large_rows_are_read_in_parts(void **state)
{
    struct fixture *f = *state;
    char *large = malloc(STORE_INBOX_BYTES);
    memset(large, 'x', STORE_INBOX_BYTES);
    make_run(f, "run_a", STORE_WAITING, 0);
    struct store_inbox row = {.run = "run_a", .kind = TEXT("big"), .at_ms = 70};
    row.data = (struct text){large, STORE_INBOX_BYTES};
    for (int i = 0; i < 2; i++) {
        struct seen_put seen = {0};
        store_inbox_put(f->s, &row, on_put, &seen);
        wait_for(&f->loop, &seen.done);
    }
    struct store_order o = later("run_a", 2, 0);
    struct seen_inbox seen = read_inbox(f, "run_a");
    assert_int_equal(seen.count, 1);
    struct seen_inbox rest = read_inbox_after(f, "run_a", seen.last);
    assert_int_equal(rest.count, 1);
    assert_int_equal(read_inbox_after(f, "run_a", rest.last).count, 0);
    o.inbox_taken = seen.last;
    write_ok(f, &o);
    assert_int_equal(read_inbox(f, "run_a").count, 1);
    free(large);
}

static void a_run_with_rows_is_due_until_it_has_taken_them(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 9000);
    make_run(f, "run_b", STORE_WAITING, 0);
    make_run(f, "run_c", STORE_WAITING, 10);
    int64_t id = put_ok(f, "run_b", "signal");
    put_ok(f, "run_a", "cancel");
    put_ok(f, "run_a", "cancel");
    struct seen_ids seen = due_runs(f, 5, false, NULL, 10);
    assert_string_equal(seen.text, "a b");
    assert_int_equal(seen.next_wake_ms, 10);
    assert_string_equal(due_runs(f, 20, false, NULL, 10).text, "a b c");
    assert_string_equal(due_runs(f, 20, true, NULL, 10).text, "a b c");
    assert_string_equal(due_runs(f, 20, false, "run_a", 1).text, "b");
    struct store_order o = later("run_b", 2, 1);
    o.inbox_taken = id;
    write_ok(f, &o);
    o = later("run_a", 2, 1);
    o.update.status = STORE_CANCELLED;
    write_ok(f, &o);
    assert_string_equal(due_runs(f, 5, false, NULL, 10).text, "");
}

static void rows_outlive_the_host(void **state)
{
    struct fixture *f = *state;
    need_keeping();
    make_run(f, "run_a", STORE_WAITING, 0);
    put_ok(f, "run_a", "signal");
    fixture_close(f);
    fixture_open(f);
    assert_string_equal(read_inbox(f, "run_a").text, "signal");
    assert_string_equal(due_runs(f, 0, false, NULL, 10).text, "a");
}

/* ---- owner and waiting */

static void a_run_belongs_to_the_host_that_accepted_it(void **state)
{
    struct fixture *f = *state;
    char host[ID_BYTES];
    snprintf(host, sizeof host, "%s", store_host_id(f->s));
    assert_int_equal(strncmp(host, "host_", 5), 0);
    make_run(f, "run_a", STORE_WAITING, 0);
    assert_string_equal(get_run(f, "run_a").owner, host);
    struct store_order o = later("run_a", 2, 0);
    o.update.owner = TEXT("host_2");
    write_ok(f, &o);
    assert_string_equal(get_run(f, "run_a").owner, "host_2");
}

static void a_host_keeps_its_id(void **state)
{
    struct fixture *f = *state;
    char host[ID_BYTES];
    need_keeping();
    snprintf(host, sizeof host, "%s", store_host_id(f->s));
    fixture_close(f);
    fixture_open(f);
    assert_string_equal(store_host_id(f->s), host);
}

static void a_run_says_what_it_waits_for_until_it_goes_on_or_ends(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 0);
    struct store_order o = later("run_a", 2, 0);
    o.update.waiting = TEXT("{\"for\":\"signal\"}");
    write_ok(f, &o);
    assert_string_equal(get_run(f, "run_a").waiting, "{\"for\":\"signal\"}");
    o.update.waiting = TEXT("");
    write_ok(f, &o);
    assert_null(get_run(f, "run_a").row.waiting.data);
    o.update.waiting = TEXT("{\"for\":\"sleep\"}");
    write_ok(f, &o);
    o.update = (struct store_update){.status = STORE_FAILED};
    write_ok(f, &o);
    assert_null(get_run(f, "run_a").row.waiting.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_inbox(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_are_read_oldest_first_each_run_its_own),
        TEST(a_row_for_no_run_or_an_ended_one_is_refused),
        TEST(rows_and_orders_of_a_run_are_applied_in_the_order_of_the_calls),
        TEST(what_is_taken_goes_with_the_chunk_that_took_it),
        TEST(an_id_that_was_taken_never_comes_again),
        TEST(a_run_that_ends_leaves_no_rows),
        TEST(an_inbox_has_room_for_so_many_rows),
        TEST(large_rows_are_read_in_parts),
        TEST(a_run_with_rows_is_due_until_it_has_taken_them),
        TEST(rows_outlive_the_host),
        TEST(a_run_belongs_to_the_host_that_accepted_it),
        TEST(a_host_keeps_its_id),
        TEST(a_run_says_what_it_waits_for_until_it_goes_on_or_ends),
    };
    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
