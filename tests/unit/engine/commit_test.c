/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static struct answer first, second;
static struct reader reader;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";

static void log_line_of(const char *run, const char *data)
{
    assert_true(fake_pool_say(heart_tag(run), FRAME_RECORD, "buutt", RECORD_LOG, 0, 0, NULL, data));
}

/* One order of what waits is carried out. */
static void step(void)
{
    assert_true(fake_store_step(heart.store));
}

/* ---- orders and chunks */

static void what_comes_while_an_order_is_at_the_store_is_the_next_chunk(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_follow(&reader, first.fired);
    heart_admit(first.fired);
    heart_turn();
    log_line_of(first.fired, "1");
    heart_turn();
    log_line_of(first.fired, "2");
    heart_turn();
    assert_int_equal(fake_store_waiting(heart.store), 1);
    step();
    assert_string_equal(reader.heard, "accepted started");
    heart_turn();
    assert_int_equal(fake_store_waiting(heart.store), 1);
    step();
    assert_string_equal(reader.heard, "accepted started log log");
    assert_int_equal(reader.news, 2);
    assert_string_equal(heart_journal(first.fired), "accepted started log log");
}

static void a_turn_without_news_orders_nothing(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_turn();
    assert_int_equal(fake_store_waiting(heart.store), 0);
    assert_true(engine_quiet(heart.e));
}

static void orders_of_two_runs_are_at_the_store_together(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_fire(&second, "{}", 0);
    heart_admit(first.fired);
    heart_admit(second.fired);
    heart_turn();
    assert_int_equal(fake_store_waiting(heart.store), 2);
    assert_false(engine_quiet(heart.e));
}

static char *json_of_bytes(size_t bytes)
{
    char *json = mem_alloc(bytes + 3);
    memset(json, 'x', bytes + 2);
    json[0] = json[bytes + 1] = '"';
    json[bytes + 2] = '\0';
    return json;
}

/* The row's end goes with the last chunk, or a reader would miss what comes behind it. */
static void a_large_chunk_is_split_and_the_end_comes_last(void **state)
{
    enum { RECORDS = 9, BYTES = 1 << 20 }; /* three fit a chunk */
    char *data = json_of_bytes(BYTES);
    (void)state;
    heart_start_run(&first, 0);
    heart_follow(&reader, first.fired);
    for (int i = 0; i < RECORDS; i++)
        log_line_of(first.fired, data);
    heart_finish(first.fired, "1");
    for (int chunk = 0; chunk < RECORDS / 3; chunk++) {
        assert_int_equal(reader.ends, 0);
        heart_expect(first.fired, RUN_ENDED, STORE_RUNNING);
        heart_turn();
        step();
    }
    heart_settle();
    assert_int_equal(reader.ends, 1);
    assert_true(reader.news >= 3);
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
    assert_string_equal(heart_journal(first.fired),
                        "accepted started log log log log log log log log log completed");
    free(data);
}

static void a_record_that_is_larger_than_a_chunk_is_one(void **state)
{
    char *data = json_of_bytes(ENGINE_CHUNK_MAX + 1);
    (void)state;
    heart_start_run(&first, 0);
    heart_follow(&reader, first.fired);
    log_line_of(first.fired, data);
    log_line_of(first.fired, "1");
    heart_settle();
    assert_int_equal(reader.news, 2);
    assert_string_equal(heart_journal(first.fired), "accepted started log log");
    free(data);
}

static void a_journal_that_grows_too_large_ends_its_run(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    run_by_id(heart.e, first.fired)->journal_bytes = ENGINE_JOURNAL_MAX;
    log_line_of(first.fired, "1");
    assert_false(run_is_on_runner(run_by_id(heart.e, first.fired)));
    heart_settle();
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "limit.journal");
    assert_string_equal(heart_journal(first.run), "accepted started log failed");
}

/* ---- what follows a commit */

static void an_effect_starts_once_its_record_is_committed(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_turn();
    assert_int_equal(fake_http.started, 0);
    step();
    assert_int_equal(fake_http.started, 1);
}

static void an_effect_does_not_follow_the_commit_of_what_was_before_it(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_admit(first.fired);
    heart_turn();
    heart_ask(first.fired, 1, "http", get);
    step(); /* the acceptance alone */
    assert_int_equal(fake_http.started, 0);
    heart_turn();
    step();
    assert_int_equal(fake_http.started, 1);
}

static void effects_are_held_while_the_store_fails_and_follow_when_it_works(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_follow(&reader, first.fired);
    fake_store_fail(heart.store, 3);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_true(heart.e->outage.broken);
    log_line_of(first.fired, "1"); /* the run goes on, what it says waits behind that */
    heart_pass(ENGINE_STORE_RETRY_MS);
    assert_int_equal(fake_http.started, 0);
    assert_string_equal(reader.heard, "");
    heart_pass(ENGINE_STORE_RETRY_MS);
    assert_int_equal(fake_http.started, 1);
    assert_false(heart.e->outage.broken);
    assert_string_equal(reader.heard, "step.started log");
    assert_string_equal(heart_journal(first.fired), "accepted started step.started log");
}

static void an_answer_is_told_before_it_is_committed_and_its_effect_after(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    fake_http_reply(0, 200, "{}");
    pool_flush(heart.e->pool);
    assert_int_equal(heart_answers(first.fired), 1);
    heart_ask(first.fired, 2, "http", get);
    assert_int_equal(fake_http.started, 1);
    heart_settle();
    assert_int_equal(fake_http.started, 2);
}

static void a_stream_has_every_record_once_and_one_end(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_follow(&reader, first.fired);
    heart_admit(first.fired);
    heart_turn();
    log_line_of(first.fired, "1");
    heart_settle();
    log_line_of(first.fired, "2");
    heart_finish(first.fired, "1");
    heart_settle();
    heart_pass(1000);
    assert_string_equal(reader.heard, "accepted started log log completed");
    assert_int_equal(reader.ends, 1);
    assert_string_equal(heart_journal(first.fired), reader.heard);
}

static void a_run_leaves_memory_once_its_end_is_committed(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_finish(first.fired, "1");
    heart_turn();
    assert_int_equal(heart_state(first.fired), RUN_ENDED);
    step();
    assert_int_equal(heart_state(first.fired), RUN_GONE);
    assert_int_equal(heart.e->runs.count, 0);
}

/* ---- what the store does not take */

static void an_end_that_the_disk_refuses_waits_for_it(void **state)
{
    (void)state;
    heart_start_run(&first, 5000);
    fake_store_fail(heart.store, 1);
    heart_finish(first.fired, "1");
    heart_settle();
    assert_int_equal(first.count, 0);
    heart_expect(first.fired, RUN_ENDED, STORE_RUNNING);
    heart_pass(ENGINE_STORE_RETRY_MS);
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

/* Somebody else has written to its journal. */
static void spoil(const char *run)
{
    run_by_id(heart.e, run)->next_seq++;
}

static void a_run_whose_journal_is_not_its_own_rests(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    spoil(first.fired);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_RUNNING);
    assert_false(heart_on_runner(first.fired));
    assert_int_equal(fake_pool_count(FRAME_DROP, 0), 1);
    assert_int_equal(fake_http.started, 0);
    assert_false(heart.e->outage.broken); /* the store works */
    assert_string_equal(heart_journal(first.fired), "accepted started");
    heart_pass(1000);
    heart_expect_answer(&first, VERDICT_WAIT_TIMEOUT, "waiting");
}

static void an_end_that_is_not_taken_lets_the_run_rest(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    spoil(first.fired);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_RUNNING);
}

static void a_run_that_rests_goes_on_after_the_next_start(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    spoil(first.fired);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_stop();
    heart_start();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

/* ---- the same in every state that a run may have by then */

static void expect_rests(enum run_state state)
{
    assert_string_equal(run_state_name(heart_state(first.fired)), run_state_name(state));
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_RUNNING);
    assert_false(heart_on_runner(first.fired));
    heart_turn();
    assert_int_equal(heart.e->placements.all[0], 0);
    assert_int_equal(heart.e->placements.computing[0], 0);
    assert_true(engine_quiet(heart.e));
}

static void ask_and_rest(const char *kind, const char *args)
{
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, kind, args);
    heart_rest(first.fired, 0);
}

static void a_run_that_waits_may_come_to_rest(void **state)
{
    (void)state;
    ask_and_rest("http", get);
    spoil(first.fired);
    expect_rests(RUN_IDLE);
}

static void a_run_that_is_parking_may_come_to_rest(void **state)
{
    (void)state;
    ask_and_rest("sleep", "{\"ms\":60000}");
    spoil(first.fired);
    expect_rests(RUN_PARKING);
}

static void a_run_that_is_away_may_come_to_rest(void **state)
{
    (void)state;
    ask_and_rest("http", "{\"method\":\"GET\",\"url\":\"https://a.example/\","
                         "\"retry\":{\"times\":3}}");
    heart_settle();
    heart_pass(ENGINE_EVICT_MS);
    fake_http_fail(0, "timeout"); /* which is noted */
    spoil(first.fired);
    expect_rests(RUN_AWAY);
}

static void a_run_that_is_returning_may_come_to_rest(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    spoil(first.fired);
    fake_pool_lose(0, POOL_CRASHED, 0);
    expect_rests(RUN_RETURNING);
}

static void a_run_that_is_replaying_may_come_to_rest(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    fake_pool_lose(0, POOL_CRASHED, 0);
    while (heart_state(first.fired) != RUN_REPLAYING)
        assert_true(fake_store_step(heart.store));
    spoil(first.fired);
    expect_rests(RUN_REPLAYING);
}

/* ---- a duplicate, whatever it has done by the time that the store says so */

static void expect_duplicate(enum run_state state)
{
    assert_string_equal(run_state_name(heart_state(second.fired)), run_state_name(state));
    heart_settle();
    heart_expect_answer(&second, VERDICT_DUPLICATE, "");
    assert_string_equal(second.run, first.run);
    heart_expect(second.fired, RUN_GONE, 0);
    assert_int_equal(fake_http.started, 0);
    assert_true(engine_quiet(heart.e));
}

static void start_twice(void)
{
    heart_serve("\"unique\":true");
    heart_start_run(&first, 0);
    heart_fire(&second, "{}", 1000);
    heart_admit(second.fired);
}

static void a_duplicate_that_waits_is_gone(void **state)
{
    (void)state;
    start_twice();
    heart_ask(second.fired, 1, "http", get);
    heart_rest(second.fired, 0);
    expect_duplicate(RUN_IDLE);
}

static void a_duplicate_that_is_parking_is_gone(void **state)
{
    (void)state;
    start_twice();
    heart_ask_sleep(second.fired, 60000);
    heart_rest(second.fired, 0);
    expect_duplicate(RUN_PARKING);
}

static void a_duplicate_that_has_ended_is_gone(void **state)
{
    (void)state;
    start_twice();
    heart_finish(second.fired, "1");
    expect_duplicate(RUN_ENDED);
}

static void a_duplicate_that_is_away_is_gone(void **state)
{
    (void)state;
    start_twice();
    heart_ask(second.fired, 1, "http", get);
    heart_rest(second.fired, 0);
    heart_turn();
    fake_clock_pass(&heart.clock, &heart.e->timers, ENGINE_EVICT_MS);
    assert_int_equal(second.count, 0); /* late, but not yet accepted */
    expect_duplicate(RUN_AWAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(what_comes_while_an_order_is_at_the_store_is_the_next_chunk),
        HEART_TEST(a_turn_without_news_orders_nothing),
        HEART_TEST(orders_of_two_runs_are_at_the_store_together),
        HEART_TEST(a_large_chunk_is_split_and_the_end_comes_last),
        HEART_TEST(a_record_that_is_larger_than_a_chunk_is_one),
        HEART_TEST(a_journal_that_grows_too_large_ends_its_run),
        HEART_TEST(an_effect_starts_once_its_record_is_committed),
        HEART_TEST(an_effect_does_not_follow_the_commit_of_what_was_before_it),
        HEART_TEST(effects_are_held_while_the_store_fails_and_follow_when_it_works),
        HEART_TEST(an_answer_is_told_before_it_is_committed_and_its_effect_after),
        HEART_TEST(a_stream_has_every_record_once_and_one_end),
        HEART_TEST(a_run_leaves_memory_once_its_end_is_committed),
        HEART_TEST(an_end_that_the_disk_refuses_waits_for_it),
        HEART_TEST(a_run_whose_journal_is_not_its_own_rests),
        HEART_TEST(an_end_that_is_not_taken_lets_the_run_rest),
        HEART_TEST(a_run_that_rests_goes_on_after_the_next_start),
        HEART_TEST(a_run_that_waits_may_come_to_rest),
        HEART_TEST(a_run_that_is_parking_may_come_to_rest),
        HEART_TEST(a_run_that_is_away_may_come_to_rest),
        HEART_TEST(a_run_that_is_returning_may_come_to_rest),
        HEART_TEST(a_run_that_is_replaying_may_come_to_rest),
        HEART_TEST(a_duplicate_that_waits_is_gone),
        HEART_TEST(a_duplicate_that_is_parking_is_gone),
        HEART_TEST(a_duplicate_that_has_ended_is_gone),
        HEART_TEST(a_duplicate_that_is_away_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
