/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

static int set_up_runs(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    make_run(f, "run_1", STORE_WAITING, 3000);
    make_run(f, "run_2", STORE_RUNNING, 0);
    make_run(f, "run_3", STORE_COMPLETED, 0);
    make_run(f, "run_4", STORE_WAITING, 1000);
    make_run(f, "run_5", STORE_QUEUED, 0);
    make_run(f, "run_6", STORE_WAITING, 0); /* for a signal: never by itself */
    make_run(f, "run_7", STORE_WAITING, 2000);
    return 0;
}

static void sleepers_are_due_from_their_time_on(void **state)
{
    struct fixture *f = *state;
    struct seen_ids seen = due_runs(f, 999, false, NULL, 10);
    assert_string_equal(seen.text, "");
    assert_int_equal(seen.next_wake_ms, 1000);
    seen = due_runs(f, 1000, false, NULL, 10);
    assert_string_equal(seen.text, "4");
    assert_int_equal(seen.next_wake_ms, 2000);
    seen = due_runs(f, 5000, false, NULL, 10);
    assert_string_equal(seen.text, "1 4 7");
    assert_int_equal(seen.next_wake_ms, 0);
}

static void the_unfinished_come_oldest_first_with_those_due(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(due_runs(f, 0, true, NULL, 10).text, "2 5");
    assert_string_equal(due_runs(f, 2000, true, NULL, 10).text, "2 4 5 7");
}

static void pages_go_on_behind_a_run(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(due_runs(f, 5000, true, NULL, 2).text, "1 2");
    assert_string_equal(due_runs(f, 5000, true, "run_2", 2).text, "4 5");
    assert_string_equal(due_runs(f, 5000, true, "run_5", 2).text, "7");
    assert_string_equal(due_runs(f, 5000, true, "run_7", 2).text, "");
    assert_string_equal(due_runs(f, 5000, false, "run_1", 1).text, "4");
    assert_string_equal(due_runs(f, 5000, false, "run_5x", 9).text, "7");
}

static void a_run_that_goes_on_or_ends_is_due_no_more(void **state)
{
    struct fixture *f = *state;
    struct store_order o = later("run_4", 2, 1);
    o.update.status = STORE_COMPLETED;
    write_ok(f, &o);
    o = later("run_7", 2, 1);
    o.update.status = STORE_RUNNING;
    o.update.wake_ms = -1;
    write_ok(f, &o);
    assert_string_equal(due_runs(f, 5000, false, NULL, 9).text, "1");
    assert_string_equal(due_runs(f, 0, true, NULL, 9).text, "2 5 7");
    o = later("run_1", 2, 1);
    o.update.wake_ms = 9000;
    write_ok(f, &o);
    struct seen_ids seen = due_runs(f, 5000, false, NULL, 9);
    assert_string_equal(seen.text, "");
    assert_int_equal(seen.next_wake_ms, 9000);
}

/* Past the point where sorting all that are due would be slow, another index serves. */
static void a_crowd_of_sleepers_pages_the_same_way(void **state)
{
    struct fixture *f = *state;
    enum { N = 5000 };
    struct store_accept in = accept_of("support", "refund");
    struct store_order *orders = calloc(N, sizeof *orders);
    bool *done = calloc(N, sizeof *done);
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_n%04d", i);
        orders[i] = acceptance(run, &in, 1);
        orders[i].update.status = STORE_WAITING;
        orders[i].update.wake_ms = 10000 + (N - i) % 100;
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
    wait_for(&f->loop, &done[N - 1]);
    size_t total = 0;
    struct seen_ids page = due_runs(f, 20000, false, NULL, 700);
    for (; page.count > 0; page = due_runs(f, 20000, false, page.last, 700))
        total += page.count;
    assert_int_equal(total, N + 3);
    page = due_runs(f, 10000, false, "run_7", 700);
    assert_int_equal(page.count, N / 100);
    assert_int_equal(page.next_wake_ms, 10001);
    free(orders);
    free(done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_runs, tear_down)

int conform_due(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sleepers_are_due_from_their_time_on),
        TEST(the_unfinished_come_oldest_first_with_those_due),
        TEST(pages_go_on_behind_a_run),
        TEST(a_run_that_goes_on_or_ends_is_due_no_more),
        TEST(a_crowd_of_sleepers_pages_the_same_way),
    };
    return cmocka_run_group_tests_name("due", tests, NULL, NULL);
}
