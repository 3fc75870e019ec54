/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;

/* ---- the time is over */

static void who_has_waited_long_enough_hears_that_the_run_goes_on(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_pass(999);
    assert_int_equal(first.count, 0);
    heart_pass(1);
    heart_expect_answer(&first, VERDICT_WAIT_TIMEOUT, "running");
    assert_string_equal(first.run, first.fired);
    heart_finish(first.run, "1");
    heart_settle();
    assert_int_equal(first.count, 1);
    heart_expect(first.run, RUN_GONE, STORE_COMPLETED);
}

static void it_hears_that_the_run_waits(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_ask_sleep(first.fired, 3000);
    heart_rest(first.fired, 0);
    heart_pass(1000);
    heart_expect_answer(&first, VERDICT_WAIT_TIMEOUT, "waiting");
}

static void a_run_that_is_only_a_row_waits_too(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    heart_pass(1000);
    heart_expect_answer(&first, VERDICT_WAIT_TIMEOUT, "waiting");
}

/* Only a run that is accepted may be named. */
static void late_before_it_is_accepted_means_as_soon_as_it_is(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    fake_store_hold(heart.store, true);
    heart_admit(first.fired);
    heart_pass(2000);
    assert_int_equal(first.count, 0);
    fake_store_hold(heart.store, false);
    heart_settle();
    heart_expect_answer(&first, VERDICT_WAIT_TIMEOUT, "running");
    assert_string_equal(first.run, first.fired);
}

static void the_end_counts_more_than_the_time(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_pass(1000);
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
}

/* ---- the client is gone */

static void expect_nobody_waits(void)
{
    assert_int_equal(heart.e->tickets, 0);
    assert_int_equal(heart.e->hub.topics.count, 0);
}

static void a_client_that_hangs_up_before_it_is_accepted_hears_nothing(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    heart_hang_up(&first);
    expect_nobody_waits();
    heart_admit(first.fired);
    heart_finish(first.fired, "1");
    heart_pass(2000);
    assert_int_equal(first.count, 0);
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void a_client_that_hangs_up_while_it_waits_hears_nothing(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_hang_up(&first);
    expect_nobody_waits();
    heart_finish(first.fired, "1");
    heart_pass(2000);
    assert_int_equal(first.count, 0);
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void a_client_that_hangs_up_before_its_run_is_dropped_hears_nothing(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_hang_up(&first);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_DROPPED, "t", NULL));
    heart_settle();
    assert_int_equal(first.count, 0);
    heart_expect(first.fired, RUN_GONE, 0);
}

/* ---- a run that was there already */

static void fire_with_key(struct answer *a, int64_t wait_ms)
{
    struct call call = heart_call("{}");
    call.idempotency_key = TEXT("k");
    call.wait_ms = wait_ms;
    heart_fire_call(a, &call);
    if (heart_on_runner(a->fired))
        heart_admit(a->fired);
}

/* The order that says that it is a repeat is carried out, the row is not yet read. */
static void join_first(int64_t wait_ms)
{
    fire_with_key(&first, 0);
    heart_settle();
    fire_with_key(&second, wait_ms);
    heart_turn();
    assert_true(fake_store_step(heart.store));
    assert_int_equal(second.count, 0);
}

static void a_client_that_hangs_up_while_the_row_is_read_hears_nothing(void **state)
{
    (void)state;
    join_first(1000);
    heart_hang_up(&second);
    assert_int_equal(heart.e->tickets, 1); /* until the store has called back */
    heart_settle();
    expect_nobody_waits();
    assert_int_equal(second.count, 0);
}

static void a_client_that_hangs_up_while_its_key_is_looked_up_hears_nothing(void **state)
{
    (void)state;
    fire_with_key(&first, 0);
    heart_settle();
    heart_serve("\"filter\":[[\"a\",\"=\",1]]");
    fire_with_key(&second, 1000);
    heart_hang_up(&second);
    heart_settle();
    expect_nobody_waits();
    assert_int_equal(second.count, 0);
}

static void the_end_may_come_while_the_row_is_read(void **state)
{
    (void)state;
    join_first(1000);
    fake_store_hold(heart.store, true); /* reads are overtaken by nothing */
    heart_finish(first.fired, "3");
    fake_store_hold(heart.store, false);
    heart_settle();
    heart_expect_answer(&second, VERDICT_COMPLETED, "completed");
    assert_string_equal(second.result, "3");
    expect_nobody_waits();
}

static void late_while_the_row_is_read_means_as_soon_as_it_is(void **state)
{
    (void)state;
    join_first(1000);
    fake_clock_pass(&heart.clock, &heart.e->timers, 1000);
    assert_int_equal(second.count, 0);
    heart_settle();
    heart_expect_answer(&second, VERDICT_WAIT_TIMEOUT, "running");
    assert_string_equal(second.run, first.run);
}

static void a_row_that_cannot_be_read_is_a_store_failure(void **state)
{
    (void)state;
    join_first(1000);
    fake_store_fail_reads(heart.store, 1);
    heart_settle();
    heart_expect_answer(&second, VERDICT_STORE, "");
    assert_non_null(strstr(second.detail, "unreadable"));
    expect_nobody_waits();
}

/* ---- how it ended */

static void a_failure_has_code_sentence_and_line(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_FAILED, "ttt", "order.missing",
                              "there is no \"order\" 7", "p/k.lua:9"));
    heart_settle();
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "order.missing");
    assert_string_equal(first.detail, "there is no \"order\" 7");
    assert_string_equal(first.at, "p/k.lua:9");
    assert_string_equal(heart_record(first.run, RECORD_RUN_FAILED),
                        "{\"code\":\"order.missing\",\"message\":\"there is no \\\"order\\\" 7\","
                        "\"at\":\"p/k.lua:9\"}");
}

static void a_failure_without_words_is_a_script_error(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_FAILED, "ttt", NULL, NULL, NULL));
    heart_settle();
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "script.error");
    assert_string_equal(first.at, "");
}

static void who_waits_for_a_run_hears_that_it_was_cancelled(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_cancel(first.fired);
    heart_settle();
    heart_expect_answer(&first, VERDICT_CANCELLED, "cancelled");
}

static void who_waits_for_a_run_hears_that_it_took_too_long(void **state)
{
    (void)state;
    heart.config->wall_ms = 500;
    heart_start_run(&first, 1000);
    heart_pass(500);
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "timed_out");
    assert_string_equal(first.code, "limit.wall");
}

static void a_run_without_a_result_has_null(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_finish(first.fired, NULL);
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    assert_string_equal(first.result, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(who_has_waited_long_enough_hears_that_the_run_goes_on),
        HEART_TEST(it_hears_that_the_run_waits),
        HEART_TEST(a_run_that_is_only_a_row_waits_too),
        HEART_TEST(late_before_it_is_accepted_means_as_soon_as_it_is),
        HEART_TEST(the_end_counts_more_than_the_time),
        HEART_TEST(a_client_that_hangs_up_before_it_is_accepted_hears_nothing),
        HEART_TEST(a_client_that_hangs_up_while_it_waits_hears_nothing),
        HEART_TEST(a_client_that_hangs_up_before_its_run_is_dropped_hears_nothing),
        HEART_TEST(a_client_that_hangs_up_while_the_row_is_read_hears_nothing),
        HEART_TEST(a_client_that_hangs_up_while_its_key_is_looked_up_hears_nothing),
        HEART_TEST(the_end_may_come_while_the_row_is_read),
        HEART_TEST(late_while_the_row_is_read_means_as_soon_as_it_is),
        HEART_TEST(a_row_that_cannot_be_read_is_a_store_failure),
        HEART_TEST(a_failure_has_code_sentence_and_line),
        HEART_TEST(a_failure_without_words_is_a_script_error),
        HEART_TEST(who_waits_for_a_run_hears_that_it_was_cancelled),
        HEART_TEST(who_waits_for_a_run_hears_that_it_took_too_long),
        HEART_TEST(a_run_without_a_result_has_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
