/* SPDX-License-Identifier: MIT */
/* The store in memory does what every store must, and what only it can. */
#include "fakes/store.h"
#include "store/conformance/conformance.h"
#include "test.h"
#include <string.h>

static void on_done(struct store_order *o)
{
    *(bool *)o->arg = true;
}

static struct store_order accept_order(const struct store_accept *in, bool *done)
{
    return (struct store_order){.run = "run_a", .accept = in, .done = on_done, .arg = done};
}

static const struct store_accept some_accept = {
    .project = TEXT("p"), .trigger = TEXT("t"), .kind = TEXT("api"), .event = TEXT("{}")};

static void without_a_loop_nothing_happens_until_it_is_told(void **state)
{
    (void)state;
    bool done = false;
    struct store *s = fake_store_open(NULL);
    struct store_order o = accept_order(&some_accept, &done);
    store_write(s, &o);
    assert_int_equal(fake_store_waiting(s), 1);
    assert_false(done);
    assert_true(fake_store_step(s));
    assert_true(done);
    assert_false(fake_store_step(s));
    store_close(s, NULL, NULL);
}

static void on_row(void *arg, const struct store_run *row, const struct error *err)
{
    assert_null(err);
    *(int *)arg = row ? 1 : 0;
}

static void reads_overtake_writes_that_are_held(void **state)
{
    (void)state;
    bool done = false;
    int found = -1;
    struct store *s = fake_store_open(NULL);
    struct store_order o = accept_order(&some_accept, &done);
    fake_store_hold(s, true);
    store_write(s, &o);
    store_get_run(s, "run_a", on_row, &found);
    fake_store_run(s);
    assert_false(done);
    assert_int_equal(found, 0);
    fake_store_hold(s, false);
    store_get_run(s, "run_a", on_row, &found);
    fake_store_run(s);
    assert_true(done);
    assert_int_equal(found, 1);
    store_close(s, NULL, NULL);
}

static void a_write_that_is_to_fail_leaves_nothing(void **state)
{
    (void)state;
    bool done = false;
    struct store *s = fake_store_open(NULL);
    struct store_order o = accept_order(&some_accept, &done);
    fake_store_fail(s, 1);
    store_write(s, &o);
    fake_store_run(s);
    assert_int_equal(o.outcome, STORE_BROKEN);
    assert_int_equal(o.err.code, ERROR_IO);
    store_write(s, &o);
    fake_store_run(s);
    assert_int_equal(o.outcome, STORE_DONE);
    store_close(s, NULL, NULL);
}

static void on_unreadable(void *arg, const struct store_run *row, const struct error *err)
{
    assert_null(row);
    *(bool *)arg = err != NULL;
}

static void a_read_that_is_to_fail_has_no_answer(void **state)
{
    (void)state;
    bool done = false, failed = false;
    int found = -1;
    struct store *s = fake_store_open(NULL);
    struct store_order o = accept_order(&some_accept, &done);
    store_write(s, &o);
    fake_store_run(s);
    fake_store_fail_reads(s, 1);
    store_get_run(s, "run_a", on_unreadable, &failed);
    store_get_run(s, "run_a", on_row, &found);
    fake_store_run(s);
    assert_true(failed);
    assert_int_equal(found, 1);
    store_close(s, NULL, NULL);
}

static void one_that_is_kept_outlives_who_closes_it(void **state)
{
    (void)state;
    bool done = false;
    struct store *s = fake_store_open(NULL);
    struct store_order o = accept_order(&some_accept, &done);
    store_write(s, &o);
    fake_store_keep(s, true);
    store_close(s, NULL, NULL);
    assert_true(done);
    assert_string_equal(fake_store_row(s, "run_a")->run, "run_a");
    assert_null(fake_store_row(s, "run_b"));
    fake_store_keep(s, false);
    store_close(s, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_loop_nothing_happens_until_it_is_told),
        cmocka_unit_test(reads_overtake_writes_that_are_held),
        cmocka_unit_test(a_write_that_is_to_fail_leaves_nothing),
        cmocka_unit_test(a_read_that_is_to_fail_has_no_answer),
        cmocka_unit_test(one_that_is_kept_outlives_who_closes_it),
    };
    static const struct store_factory factory = {.name = "fake", .open = fake_store_open_options};
    return conformance_run(&factory) + cmocka_run_group_tests(tests, NULL, NULL);
}
