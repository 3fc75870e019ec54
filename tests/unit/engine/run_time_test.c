/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";
enum { HOUR_MS = 3600 * 1000 };

/* A run that waits for this sleep, and nothing else. */
static const char *sleeper(int64_t ms)
{
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, ms);
    heart_rest(first.fired, 0);
    heart_settle();
    return first.fired;
}

/* A run that waits for an HTTP answer. */
static const char *caller_of_http(struct answer *a)
{
    heart_start_run(a, 0);
    heart_ask(a->fired, 1, "http", get);
    heart_rest(a->fired, 0);
    heart_settle();
    return a->fired;
}

/* ---- parking */

static void a_short_sleep_stays_in_memory(void **state)
{
    (void)state;
    heart_expect(sleeper(ENGINE_PARK_MS), RUN_IDLE, STORE_RUNNING);
}

static void a_long_sleep_is_a_row_once_that_is_committed(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    const char *run = first.fired;
    heart_ask_sleep(run, 60000);
    heart_rest(run, 0);
    assert_int_equal(heart_state(run), RUN_PARKING);
    heart_settle();
    heart_expect(run, RUN_GONE, STORE_WAITING);
    assert_false(heart_on_runner(run));
    assert_int_equal(heart.e->runs.count, 0);
    struct store_run row = heart_row(run);
    assert_int_equal(row.wake_ms, FAKE_CLOCK_START_S * INT64_C(1000) + 60000);
    assert_true(text_is(row.waiting, "{\"for\":\"sleep\",\"until\":\"2025-11-21T08:01:00.000Z\"}"));
    assert_string_equal(heart_journal(run), "accepted started step.started waiting");
}

/* Its runner is started anew, told to say again what it said, and then answered. */
static void it_wakes_in_time_and_goes_on(void **state)
{
    (void)state;
    const char *run = sleeper(60000);
    heart_pass(59999);
    heart_expect(run, RUN_GONE, STORE_WAITING);
    heart_pass(1);
    assert_false(fake_pool_seat(run)->fresh);
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    heart_ask_sleep(run, 60000);
    heart_settle();
    heart_expect(run, RUN_GOING, STORE_RUNNING);
    assert_int_equal(heart_answers(run), 1);
    struct store_run row = heart_row(run);
    assert_int_equal(row.wake_ms, 0);
    assert_null(row.waiting.data);
    assert_string_equal(heart_journal(run),
                        "accepted started step.started waiting resumed step.completed");
    assert_string_equal(heart_record(run, RECORD_RUN_RESUMED), "{\"reason\":\"woke\"}");
}

static void a_run_that_wakes_while_it_is_still_parking_goes_on_at_once(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    const char *run = first.fired;
    fake_store_hold(heart.store, true);
    heart_ask_sleep(run, 6000);
    heart_turn();
    heart_rest(run, 0);
    heart_turn();
    fake_store_hold(heart.store, false);
    assert_true(fake_store_step(heart.store)); /* step.started; run.waiting is not yet ordered */
    assert_int_equal(heart_state(run), RUN_PARKING);
    fake_clock_pass(&heart.clock, &heart.e->timers, 6000);
    assert_int_equal(heart_state(run), RUN_GOING);
    heart_settle();
    heart_expect(run, RUN_GOING, STORE_RUNNING);
    assert_int_equal(heart_answers(run), 1);
    struct store_run row = heart_row(run);
    assert_int_equal(row.wake_ms, 0);
    assert_null(row.waiting.data);
}

static void the_earliest_of_several_sleeps_wakes_it(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "sleep", "{\"ms\":60000}");
    heart_ask(first.fired, 2, "sleep", "{\"ms\":30000}");
    heart_rest(first.fired, 0);
    heart_settle();
    assert_int_equal(heart_row(first.fired).wake_ms, FAKE_CLOCK_START_S * INT64_C(1000) + 30000);
}

static void what_waits_for_an_answer_too_is_not_parked(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "sleep", "{\"ms\":60000}");
    heart_ask(first.fired, 2, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_IDLE, STORE_RUNNING);
}

/* ---- the wall clock jumps */

static void a_parked_run_wakes_when_the_wall_clock_jumps_over_its_time(void **state)
{
    (void)state;
    const char *run = sleeper(HOUR_MS);
    heart.clock.wall_ms += HOUR_MS;
    heart_pass(60000); /* no timer is trusted for longer */
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
}

static void a_parked_run_sleeps_on_when_the_wall_clock_jumps_back(void **state)
{
    (void)state;
    const char *run = sleeper(60000);
    heart.clock.wall_ms -= HOUR_MS;
    heart_pass(60000);
    heart_expect(run, RUN_GONE, STORE_WAITING);
    heart_pass(HOUR_MS);
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
}

static void a_sleep_in_memory_ends_when_the_wall_clock_jumps_over_it(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "sleep", "{\"ms\":3600000}");
    heart_ask(first.fired, 2, "http", get); /* keeps it from being parked */
    heart_settle();
    heart.clock.wall_ms += HOUR_MS;
    heart_pass(60000);
    assert_int_equal(heart_answers(first.fired), 1);
}

/* ---- leaving the runner */

static void an_answer_that_comes_soon_finds_the_run_on_its_runner(void **state)
{
    (void)state;
    const char *run = caller_of_http(&first);
    uint64_t tag = heart_tag(run);
    heart_pass(ENGINE_EVICT_MS - 1);
    fake_http_reply(0, 200, NULL);
    heart_settle();
    assert_int_equal(heart_tag(run), tag);
    heart_pass(ENGINE_EVICT_MS);
    heart_expect(run, RUN_GOING, STORE_RUNNING);
}

static void who_waits_long_leaves_its_runner_and_comes_back_with_the_answer(void **state)
{
    (void)state;
    const char *run = caller_of_http(&first);
    heart_pass(ENGINE_EVICT_MS);
    heart_expect(run, RUN_AWAY, STORE_RUNNING);
    assert_false(heart_on_runner(run));
    assert_int_equal(heart.e->placements.all[0], 0);
    assert_int_equal(fake_http.count, 1); /* the call goes on */
    fake_http_reply(0, 200, NULL);
    heart_settle();
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    assert_int_equal(heart_answers(run), 0);
    heart_ask(run, 1, "http", get);
    heart_settle();
    assert_int_equal(heart_answers(run), 1);
    assert_int_equal(fake_http.started, 1); /* it is not made again */
    assert_string_equal(heart_journal(run), "accepted started step.started resumed step.completed");
    assert_string_equal(heart_record(run, RECORD_RUN_RESUMED), "{\"reason\":\"answered\"}");
    heart_finish(run, "1");
    heart_settle();
    heart_expect(run, RUN_GONE, STORE_COMPLETED);
}

static void answers_that_come_while_it_is_on_its_way_are_told_after_the_replay(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    const char *run = first.fired;
    heart_ask(run, 1, "http", get);
    heart_ask(run, 2, "http", get);
    heart_rest(run, 0);
    heart_settle();
    heart_pass(ENGINE_EVICT_MS);
    fake_http_reply(1, 200, NULL);
    assert_int_equal(heart_state(run), RUN_DUE + 1); /* its row is being read */
    fake_http_fail(0, "timeout");
    heart_settle();
    heart_ask(run, 1, "http", get);
    heart_ask(run, 2, "http", get);
    heart_settle();
    assert_int_equal(heart_answers(run), 2);
    assert_string_equal(
        heart_journal(run),
        "accepted started step.started step.started resumed step.completed step.failed");
}

static void a_crowd_that_waits_leaves_its_runner_soon(void **state)
{
    (void)state;
    heart.e->placements.all[0] += ENGINE_RESIDENT;
    const char *run = caller_of_http(&first);
    heart_pass(ENGINE_CROWDED_MS);
    heart_expect(run, RUN_AWAY, STORE_RUNNING);
    heart.e->placements.all[0] -= ENGINE_RESIDENT;
    run = caller_of_http(&second);
    heart_pass(ENGINE_CROWDED_MS);
    heart_expect(run, RUN_IDLE, STORE_RUNNING);
}

static void a_wait_that_was_said_before_the_last_answer_was_seen_does_not_count(void **state)
{
    (void)state;
    const char *run = caller_of_http(&first);
    fake_http_reply(0, 200, NULL);
    heart_rest(run, 0);
    assert_int_equal(heart_state(run), RUN_GOING);
    heart_rest(run, 1);
    assert_int_equal(heart_state(run), RUN_IDLE);
}

/* ---- the wall time of a run */

static void expect_timed_out(const char *run)
{
    heart_expect(run, RUN_GONE, STORE_TIMED_OUT);
    assert_true(text_is(heart_row(run).error_code, "limit.wall"));
    assert_false(heart_on_runner(run));
}

static void a_run_that_computes_too_long_times_out(void **state)
{
    (void)state;
    heart.config->wall_ms = 3 * 60000;
    heart_start_run(&first, 0);
    heart_pass(3 * 60000 - 1);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    heart_pass(1);
    expect_timed_out(first.fired);
}

static void a_run_that_waits_too_long_times_out_at_its_line(void **state)
{
    (void)state;
    heart.config->wall_ms = 1000;
    const char *run = caller_of_http(&first);
    heart_pass(1000);
    expect_timed_out(run);
    assert_true(text_is(heart_row(run).error_at, "p/k.lua:1"));
    assert_int_equal(fake_http.cancelled, 1);
}

static void a_run_that_is_away_times_out(void **state)
{
    (void)state;
    heart.config->wall_ms = 2 * ENGINE_EVICT_MS;
    const char *run = caller_of_http(&first);
    heart_pass(ENGINE_EVICT_MS);
    heart_expect(run, RUN_AWAY, STORE_RUNNING);
    heart_pass(ENGINE_EVICT_MS);
    expect_timed_out(run);
}

static void a_trigger_may_ask_for_less(void **state)
{
    (void)state;
    heart_serve("\"limits\":{\"wall\":\"2s\"}");
    heart_start_run(&first, 0);
    heart_pass(2000);
    expect_timed_out(first.fired);
}

/* It comes back to say where it stood. */
static void a_run_that_sleeps_too_long_comes_back_and_times_out(void **state)
{
    (void)state;
    heart.config->wall_ms = 30000;
    const char *run = sleeper(60000);
    assert_int_equal(heart_row(run).wake_ms, FAKE_CLOCK_START_S * INT64_C(1000) + 30000);
    heart_pass(30000);
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    heart_ask_sleep(run, 60000);
    heart_rest(run, 0);
    heart_settle();
    expect_timed_out(run);
    assert_true(text_is(heart_row(run).error_at, "p/k.lua:1"));
}

static void a_run_that_says_nothing_when_it_is_back_times_out_all_the_same(void **state)
{
    (void)state;
    heart.config->wall_ms = 30000;
    const char *run = sleeper(60000);
    heart_pass(30000);
    heart_ask_sleep(run, 60000); /* the replay is done, and it computes */
    heart_pass(1000);
    expect_timed_out(run);
}

static void a_jump_of_the_wall_clock_does_not_spare_a_run(void **state)
{
    (void)state;
    heart.config->wall_ms = HOUR_MS;
    heart_start_run(&first, 0);
    heart.clock.wall_ms += HOUR_MS;
    heart_pass(60000);
    expect_timed_out(first.fired);
}

/* While it is read nothing can be written; when it is back it says where it stood. */
static void a_run_whose_time_ends_while_it_is_read_times_out_when_it_is_back(void **state)
{
    (void)state;
    heart.config->wall_ms = 1000;
    const char *run = caller_of_http(&first);
    fake_pool_lose(0, POOL_CRASHED, 0);
    fake_clock_pass(&heart.clock, &heart.e->timers, 1500);
    assert_int_equal(heart_state(run), RUN_REBUILDING);
    heart_settle();
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    heart_pass(500); /* the look that found it being read is repeated */
    heart_ask(run, 1, "http", get);
    heart_rest(run, 0);
    heart_settle();
    expect_timed_out(run);
    assert_true(text_is(heart_row(run).error_at, "p/k.lua:1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_short_sleep_stays_in_memory),
        HEART_TEST(a_long_sleep_is_a_row_once_that_is_committed),
        HEART_TEST(it_wakes_in_time_and_goes_on),
        HEART_TEST(a_run_that_wakes_while_it_is_still_parking_goes_on_at_once),
        HEART_TEST(the_earliest_of_several_sleeps_wakes_it),
        HEART_TEST(what_waits_for_an_answer_too_is_not_parked),
        HEART_TEST(a_parked_run_wakes_when_the_wall_clock_jumps_over_its_time),
        HEART_TEST(a_parked_run_sleeps_on_when_the_wall_clock_jumps_back),
        HEART_TEST(a_sleep_in_memory_ends_when_the_wall_clock_jumps_over_it),
        HEART_TEST(an_answer_that_comes_soon_finds_the_run_on_its_runner),
        HEART_TEST(who_waits_long_leaves_its_runner_and_comes_back_with_the_answer),
        HEART_TEST(answers_that_come_while_it_is_on_its_way_are_told_after_the_replay),
        HEART_TEST(a_crowd_that_waits_leaves_its_runner_soon),
        HEART_TEST(a_wait_that_was_said_before_the_last_answer_was_seen_does_not_count),
        HEART_TEST(a_run_that_computes_too_long_times_out),
        HEART_TEST(a_run_that_waits_too_long_times_out_at_its_line),
        HEART_TEST(a_run_that_is_away_times_out),
        HEART_TEST(a_trigger_may_ask_for_less),
        HEART_TEST(a_run_that_sleeps_too_long_comes_back_and_times_out),
        HEART_TEST(a_run_that_says_nothing_when_it_is_back_times_out_all_the_same),
        HEART_TEST(a_jump_of_the_wall_clock_does_not_spare_a_run),
        HEART_TEST(a_run_whose_time_ends_while_it_is_read_times_out_when_it_is_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
