/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";

/* ---- after the process was killed */

static void what_was_committed_goes_on_and_what_was_not_is_lost(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get); /* not committed, so it has had no effect */
    heart_kill();
    assert_int_equal(fake_http.started, 0);
    heart_start();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_string_equal(heart_journal(first.fired), "accepted started resumed");
    assert_string_equal(heart_record(first.fired, RECORD_RUN_RESUMED), "{\"reason\":\"restart\"}");
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void a_run_that_was_not_accepted_never_was(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_admit(first.fired);
    heart_kill();
    heart_start();
    heart_expect(first.fired, RUN_GONE, 0);
}

static void an_end_that_was_not_committed_is_come_to_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_finish(first.fired, "1");
    heart_kill();
    heart_start();
    heart_finish(first.fired, "1");
    heart_settle();
    assert_string_equal(heart_journal(first.fired), "accepted started resumed completed");
}

static void a_run_may_be_resumed_time_and_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    for (int i = 0; i < 3; i++) {
        heart_kill();
        heart_start();
        heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    }
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    fake_http_reply(0, 200, NULL);
    heart_finish(first.fired, "1");
    heart_settle();
    assert_string_equal(heart_journal(first.fired),
                        "accepted started step.started resumed resumed resumed "
                        "step.completed completed");
}

/* Sleep is until a moment, which a restart does not move. */
static void a_sleep_goes_on_over_a_restart(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 4000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_kill();
    fake_clock_pass(&heart.clock, NULL, 3000);
    heart_start();
    heart_ask_sleep(first.fired, 4000);
    heart_rest(first.fired, 0);
    heart_pass(999);
    assert_int_equal(heart_answers(first.fired), 0);
    heart_pass(1);
    assert_int_equal(heart_answers(first.fired), 1);
}

static void a_parked_run_is_not_disturbed_by_a_restart(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_kill();
    heart_start();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    heart_pass(60000);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

static void what_came_due_while_no_host_was_there_wakes_at_the_start(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_stop();
    fake_clock_pass(&heart.clock, NULL, 60000);
    heart_start();
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

/* ---- the time of the next look */

static void sleep_for(struct answer *a, int64_t ms)
{
    heart_start_run(a, 0);
    heart_ask_sleep(a->fired, ms);
    heart_rest(a->fired, 0);
    heart_settle();
}

static void each_of_two_sleepers_wakes_in_its_time(void **state)
{
    (void)state;
    sleep_for(&first, 40000);
    sleep_for(&second, 20000);
    heart_pass(20000);
    heart_expect(second.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    heart_pass(19999);
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    heart_pass(1);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

static void a_look_that_fails_is_repeated(void **state)
{
    (void)state;
    sleep_for(&first, 20000);
    fake_clock_pass(&heart.clock, &heart.e->timers, 20000);
    fake_store_fail_reads(heart.store, 1);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    heart_pass(1000);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

/* The store is asked, and answers behind the time at which the next one is due. */
static void what_comes_due_during_a_look_is_looked_for_again(void **state)
{
    (void)state;
    sleep_for(&first, 20000);
    sleep_for(&second, 20500);
    fake_clock_pass(&heart.clock, &heart.e->timers, 20000);
    assert_true(heart.e->recovery.looking);
    recovery_expect(heart.e, 500);
    fake_clock_pass(&heart.clock, &heart.e->timers, 500);
    assert_true(heart.e->recovery.look_again);
    heart_settle();
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_pass(1000);
    heart_expect(second.fired, RUN_REPLAYING, STORE_RUNNING);
}

/* ---- at the start */

static void more_runs_than_a_page_are_all_found(void **state)
{
    enum { RUNS = 600 }; /* a page has 256 */
    char id[ID_BYTES];
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        snprintf(id, sizeof id, "run_01k000000000000000000%05d", i);
        heart_plant(
            id, &(struct heart_planted){.status = STORE_RUNNING, .letter = "cancel", .letters = 1});
    }
    heart_stop();
    heart_start();
    for (int i = 0; i < RUNS; i++) {
        snprintf(id, sizeof id, "run_01k000000000000000000%05d", i);
        assert_int_equal(heart_row(id).status, STORE_CANCELLED);
    }
    assert_int_equal(heart.e->runs.count, 0);
}

/* Most runs of the last host still have their version then. */
static void runs_come_back_once_the_triggers_are_known(void **state)
{
    struct error err;
    const struct engine_options o = {
        .loop = &heart.loop, .clock = &heart.clock.clock, .config = heart.config, .runners = 1};
    (void)state;
    heart_start_run(&first, 0);
    heart_stop();
    heart.e = engine_open(&o, &err);
    heart_settle();
    assert_false(engine_ready(heart.e));
    assert_false(heart.e->recovery.begun);
    assert_int_equal(heart_state(first.fired), RUN_GONE);
    heart_load_versions();
    heart_settle();
    assert_true(engine_ready(heart.e));
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(what_was_committed_goes_on_and_what_was_not_is_lost),
        HEART_TEST(a_run_that_was_not_accepted_never_was),
        HEART_TEST(an_end_that_was_not_committed_is_come_to_again),
        HEART_TEST(a_run_may_be_resumed_time_and_again),
        HEART_TEST(a_sleep_goes_on_over_a_restart),
        HEART_TEST(a_parked_run_is_not_disturbed_by_a_restart),
        HEART_TEST(what_came_due_while_no_host_was_there_wakes_at_the_start),
        HEART_TEST(each_of_two_sleepers_wakes_in_its_time),
        HEART_TEST(a_look_that_fails_is_repeated),
        HEART_TEST(what_comes_due_during_a_look_is_looked_for_again),
        HEART_TEST(more_runs_than_a_page_are_all_found),
        HEART_TEST(runs_come_back_once_the_triggers_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
