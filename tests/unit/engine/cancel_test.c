/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";

static void expect_cancelled(const char *run)
{
    heart_settle();
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 1);
    heart_expect(run, RUN_GONE, STORE_CANCELLED);
    assert_true(text_is(heart_row(run).error_code, "cancelled"));
    assert_false(heart_on_runner(run));
    assert_true(list_empty(&heart.e->cancels));
    assert_int_equal(heart.e->rebuilds.under_way, 0);
    assert_int_equal(heart.e->hub.topics.count, 0);
}

static void expect_one(enum verdict v)
{
    heart_settle();
    for (int i = 0; i < VERDICTS; i++)
        assert_int_equal(heart_cancelled[i], i == (int)v);
}

/* ---- in each state of a run in memory */

static void a_run_that_computes(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    assert_int_equal(heart_state(first.fired), RUN_GOING); /* not before it is on disk */
    expect_cancelled(first.fired);
    assert_int_equal(fake_pool_count(FRAME_DROP, 0), 1);
    assert_string_equal(heart_journal(first.fired), "accepted started cancelled");
}

static void a_run_that_waits(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_cancel(first.fired);
    expect_cancelled(first.fired);
    assert_int_equal(fake_http.cancelled, 1);
}

static void a_run_that_is_parking(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_settle();
    heart_rest(first.fired, 0);
    heart_cancel(first.fired); /* its row comes ahead of run.waiting */
    assert_true(fake_store_step(heart.store));
    assert_int_equal(heart_state(first.fired), RUN_ENDED);
    expect_cancelled(first.fired);
}

static void a_run_that_is_away(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_pass(ENGINE_EVICT_MS);
    heart_expect(first.fired, RUN_AWAY, STORE_RUNNING);
    heart_cancel(first.fired);
    expect_cancelled(first.fired);
}

static void a_run_that_is_returning(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    heart_ask(first.fired, 1, "http", get);
    heart_turn();
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_int_equal(heart_state(first.fired), RUN_RETURNING);
    expect_cancelled(first.fired);
    assert_string_equal(heart_journal(first.fired), "accepted started step.started cancelled");
}

/* The row of the cancel comes before, at or behind each read of a run that is rebuilt. */
static void a_run_that_is_being_rebuilt(void **state)
{
    enum { READS = 3 }; /* row, inbox, journal */
    (void)state;
    for (int before = 0; before <= READS; before++) {
        memset(heart_cancelled, 0, sizeof heart_cancelled);
        heart_start_run(&first, 0);
        fake_pool_lose(0, POOL_CRASHED, 0);
        assert_int_equal(heart_state(first.fired), RUN_REBUILDING);
        for (int i = 0; i < before; i++)
            assert_true(fake_store_step(heart.store));
        heart_cancel(first.fired);
        expect_cancelled(first.fired);
    }
}

static void a_run_whose_turn_to_be_rebuilt_has_not_come(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart.e->rebuilds.under_way += ENGINE_REBUILDS;
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_int_equal(heart_state(first.fired), RUN_DUE);
    heart_cancel(first.fired);
    heart_settle();
    assert_int_equal(heart_state(first.fired), RUN_DUE);
    heart.e->rebuilds.under_way -= ENGINE_REBUILDS;
    struct answer another;
    heart_start_run(&another, 0);
    heart_lose(0, POOL_CRASHED, NULL); /* the next one that is rebuilt takes it along */
    expect_cancelled(first.fired);
}

static void a_run_that_is_replaying(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_cancel(first.fired);
    expect_cancelled(first.fired);
}

static void a_run_that_cannot_be_read_is_cancelled_when_it_can(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    fake_pool_lose(0, POOL_CRASHED, 0);
    heart_cancel(first.fired);
    fake_store_fail_reads(heart.store, 1);
    heart_settle();
    heart_pass(1000);
    expect_cancelled(first.fired);
}

/* ---- a run that is only a row */

static void a_run_that_is_parked_ends_without_a_runner(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    fake_pool_forget();
    heart_cancel(first.fired);
    expect_cancelled(first.fired);
    assert_null(fake_pool_sent(FRAME_START, 0));
    assert_string_equal(heart_journal(first.fired),
                        "accepted started step.started waiting cancelled");
    heart_pass(60000);
    heart_expect(first.fired, RUN_GONE, STORE_CANCELLED);
}

/* ---- what cannot be cancelled */

static void a_run_that_has_ended_is_a_conflict(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_cancel(first.fired);
    expect_one(VERDICT_CONFLICT);
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void a_run_whose_end_is_on_its_way_to_disk_is_a_conflict(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_finish(first.fired, "1");
    heart_turn();
    heart_cancel(first.fired);
    expect_one(VERDICT_CONFLICT);
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void a_run_that_is_cancelled_already_is_a_conflict(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    expect_cancelled(first.fired);
    heart_cancel(first.fired);
    heart_settle();
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 1);
    assert_int_equal(heart_cancelled[VERDICT_CONFLICT], 1);
    assert_string_equal(heart_journal(first.fired), "accepted started cancelled");
}

/* The run ends between the row and its taking. */
static void a_run_that_comes_to_another_end_first_is_a_conflict(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    heart_finish(first.fired, "1");
    expect_one(VERDICT_CONFLICT);
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void a_run_that_never_was_is_not_found(void **state)
{
    (void)state;
    heart_cancel("run_01k00000000000000000000000");
    expect_one(VERDICT_NOT_FOUND);
}

static void a_run_that_is_not_yet_accepted_is_not_found(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_cancel(first.fired);
    expect_one(VERDICT_NOT_FOUND);
    heart_admit(first.fired);
    heart_settle();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
}

static void a_disk_that_refuses_it_is_a_store_failure(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    fake_store_fail(heart.store, 1);
    heart_cancel(first.fired);
    expect_one(VERDICT_STORE);
    assert_true(heart.e->outage.broken);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
}

/* ---- several, and the host's end */

static void two_cancels_of_one_run_are_both_confirmed(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    heart_cancel(first.fired);
    heart_settle();
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 2);
    assert_string_equal(heart_journal(first.fired), "accepted started cancelled");
}

static void a_second_cancel_before_the_end_is_on_disk_is_confirmed_too(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    assert_true(fake_store_step(heart.store));
    assert_int_equal(heart_state(first.fired), RUN_ENDED);
    heart_cancel(first.fired);
    heart_settle();
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 2);
}

static void it_is_confirmed_once_the_end_is_on_disk(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    assert_true(fake_store_step(heart.store));
    heart_turn();
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 0);
    assert_true(fake_store_step(heart.store));
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 1);
}

/* Nobody was told, but the wish is durable. */
static void a_host_that_is_killed_before_the_run_takes_it_has_it_cancelled_by_the_next(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    assert_true(fake_store_step(heart.store));
    heart_kill();
    assert_int_equal(heart_row(first.fired).status, STORE_RUNNING);
    heart_start();
    heart_expect(first.fired, RUN_GONE, STORE_CANCELLED);
    assert_int_equal(heart_cancelled[VERDICT_ACCEPTED], 0);
    assert_string_equal(heart_journal(first.fired), "accepted started cancelled");
}

static void a_host_that_closes_tells_those_who_wait(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_cancel(first.fired);
    heart_stop();
    assert_int_equal(heart_cancelled[VERDICT_DRAINING], 1);
    heart_start();
    heart_expect(first.fired, RUN_GONE, STORE_CANCELLED);
}

/* The run rests until the next start, which takes the wish; nobody need wait for that. */
static void an_end_that_the_store_does_not_take_is_a_store_failure(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    run_by_id(heart.e, first.fired)->next_seq++; /* its journal is not its own */
    heart_cancel(first.fired);
    expect_one(VERDICT_STORE);
    heart_expect(first.fired, RUN_GONE, STORE_RUNNING);
    assert_true(list_empty(&heart.e->cancels));
    heart_stop();
    heart_start();
    heart_expect(first.fired, RUN_GONE, STORE_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_run_that_computes),
        HEART_TEST(a_run_that_waits),
        HEART_TEST(a_run_that_is_parking),
        HEART_TEST(a_run_that_is_away),
        HEART_TEST(a_run_that_is_returning),
        HEART_TEST(a_run_that_is_being_rebuilt),
        HEART_TEST(a_run_whose_turn_to_be_rebuilt_has_not_come),
        HEART_TEST(a_run_that_is_replaying),
        HEART_TEST(a_run_that_cannot_be_read_is_cancelled_when_it_can),
        HEART_TEST(a_run_that_is_parked_ends_without_a_runner),
        HEART_TEST(a_run_that_has_ended_is_a_conflict),
        HEART_TEST(a_run_whose_end_is_on_its_way_to_disk_is_a_conflict),
        HEART_TEST(a_run_that_is_cancelled_already_is_a_conflict),
        HEART_TEST(a_run_that_comes_to_another_end_first_is_a_conflict),
        HEART_TEST(a_run_that_never_was_is_not_found),
        HEART_TEST(a_run_that_is_not_yet_accepted_is_not_found),
        HEART_TEST(a_disk_that_refuses_it_is_a_store_failure),
        HEART_TEST(two_cancels_of_one_run_are_both_confirmed),
        HEART_TEST(a_second_cancel_before_the_end_is_on_disk_is_confirmed_too),
        HEART_TEST(it_is_confirmed_once_the_end_is_on_disk),
        HEART_TEST(a_host_that_is_killed_before_the_run_takes_it_has_it_cancelled_by_the_next),
        HEART_TEST(a_host_that_closes_tells_those_who_wait),
        HEART_TEST(an_end_that_the_store_does_not_take_is_a_store_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
