/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;
static struct reader reader;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";

static void expect_failed(const struct answer *a, const char *code)
{
    heart_expect_answer(a, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(a->code, code);
    heart_expect(a->run, RUN_GONE, STORE_FAILED);
    assert_false(heart_on_runner(a->run));
}

/* ---- nobody's fault: each goes on */

static void a_run_that_was_not_admitted_starts_again(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    uint64_t tag = heart_tag(first.fired);
    heart_lose(0, POOL_CRASHED, NULL);
    assert_true(heart_tag(first.fired) != tag);
    assert_true(fake_pool_seat(first.fired)->fresh);
    heart_admit(first.fired);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    assert_string_equal(heart_journal(first.run), "accepted started completed");
}

static void a_run_that_computes_is_rebuilt(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_false(fake_pool_seat(first.fired)->fresh);
    assert_string_equal(heart_record(first.fired, RECORD_RUN_RESUMED),
                        "{\"reason\":\"runner replaced\"}");
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
}

/* It is not yet a row: what it has said is committed first. */
static void a_run_whose_acceptance_is_at_the_store_is_rebuilt_behind_that(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_admit(first.fired);
    heart_turn();
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_int_equal(heart_state(first.fired), RUN_RETURNING);
    assert_int_equal(first.count, 0);
    heart_settle();
    heart_expect_answer(&first, VERDICT_ACCEPTED, "running");
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_string_equal(heart_journal(first.fired), "accepted started resumed");
}

static void a_run_that_the_store_refuses_meanwhile_is_gone(void **state)
{
    (void)state;
    heart_serve("\"unique\":true");
    heart_start_run(&first, 0);
    heart_fire(&second, "{}", 0);
    heart_admit(second.fired);
    heart_turn();
    fake_pool_lose(0, POOL_CRASHED, 0);
    heart_settle();
    heart_expect_answer(&second, VERDICT_DUPLICATE, "");
    heart_expect(second.fired, RUN_GONE, 0);
    assert_true(heart_on_runner(first.fired));
}

static void a_run_that_waits_is_rebuilt_and_its_call_goes_on(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_IDLE, STORE_RUNNING);
    assert_int_equal(fake_http.started, 1);
    fake_http_reply(0, 200, NULL);
    heart_settle();
    assert_int_equal(heart_answers(first.fired), 1);
}

static void an_answer_that_was_committed_is_told_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    fake_http_reply(0, 200, NULL);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    assert_int_equal(heart_answers(first.fired), 1);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 1);
    heart_settle();
    assert_int_equal(fake_http.started, 1);
    heart_expect(first.fired, RUN_IDLE, STORE_RUNNING);
}

static void a_run_that_is_parking_is_rebuilt(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_turn();
    assert_int_equal(heart_state(first.fired), RUN_PARKING);
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
}

static void a_run_that_is_replaying_is_rebuilt_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    heart_ask(first.fired, 1, "http", get);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_int_equal(fake_http.started, 1);
}

static void runs_that_are_on_no_runner_do_not_mind(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_pass(ENGINE_EVICT_MS);
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_AWAY, STORE_RUNNING);
}

static void an_end_that_is_not_yet_committed_stays_the_end(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    heart_finish(first.fired, "1");
    heart_turn();
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    heart_expect(first.run, RUN_GONE, STORE_COMPLETED);
}

static void runs_on_other_runners_go_on(void **state)
{
    (void)state;
    heart_stop();
    heart.runners = 2;
    heart_start();
    heart_start_run(&first, 0);
    heart_start_run(&second, 0);
    unsigned other = fake_pool_seat(second.fired)->runner;
    assert_true(other != fake_pool_seat(first.fired)->runner);
    uint64_t tag = heart_tag(second.fired);
    heart_lose(!other, POOL_CRASHED, first.fired);
    assert_int_equal(heart_tag(second.fired), tag);
    assert_string_equal(heart_journal(second.fired), "accepted started");
    assert_string_equal(heart_journal(first.fired), "accepted started resumed");
}

/* Readers of the stream see one row of numbers, whatever happens to runners. */
static void the_stream_of_a_run_that_is_rebuilt_has_no_gap(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 0);
    heart_follow(&reader, first.fired);
    reader.next = 1;
    heart_admit(first.fired);
    heart_ask(first.fired, 1, "http", get);
    heart_lose(0, POOL_CRASHED, NULL);
    heart_ask(first.fired, 1, "http", get);
    fake_http_reply(0, 200, NULL);
    heart_finish(first.fired, "1");
    heart_settle();
    assert_string_equal(reader.heard, heart_journal(first.fired));
    assert_string_equal(reader.heard,
                        "accepted started step.started resumed step.completed completed");
}

/* ---- the culprit */

static void the_second_crash_ends_the_culprit_and_spares_its_neighbour(void **state)
{
    (void)state;
    heart_start_run(&first, 60000);
    heart_start_run(&second, 0);
    heart_lose(0, POOL_CRASHED, first.fired);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    heart_lose(0, POOL_CRASHED, first.fired);
    expect_failed(&first, "runner.crashed");
    assert_string_equal(first.detail, "the runner died under this run again (killed by signal 11)");
    heart_expect(second.fired, RUN_GOING, STORE_RUNNING);
}

static void a_run_that_hogs_is_ended_at_once(void **state)
{
    (void)state;
    heart_start_run(&first, 60000);
    heart_start_run(&second, 0);
    heart_lose(0, POOL_HOGGED, first.fired);
    expect_failed(&first, "limit.cpu");
    heart_expect(second.fired, RUN_GOING, STORE_RUNNING);
}

static void a_filter_that_hogs_is_a_failed_run(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 60000);
    heart_lose(0, POOL_HOGGED, first.fired);
    expect_failed(&first, "limit.cpu");
    assert_string_equal(heart_journal(first.run), "accepted started failed");
}

static void to_be_killed_from_outside_is_forgiven_for_long(void **state)
{
    (void)state;
    heart_start_run(&first, 60000);
    for (int i = 1; i < 10; i++) {
        heart_lose(0, POOL_KILLED, first.fired);
        heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    }
    heart_lose(0, POOL_KILLED, first.fired);
    expect_failed(&first, "runner.crashed");
}

static void five_kills_and_a_crash_are_enough(void **state)
{
    (void)state;
    heart_start_run(&first, 60000);
    for (int i = 0; i < 5; i++)
        heart_lose(0, POOL_KILLED, first.fired);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    heart_lose(0, POOL_CRASHED, first.fired);
    expect_failed(&first, "runner.crashed");
}

static void a_culprit_on_another_runner_is_not_blamed(void **state)
{
    (void)state;
    heart_stop();
    heart.runners = 2;
    heart_start();
    heart_start_run(&first, 60000);
    unsigned other = !fake_pool_seat(first.fired)->runner;
    heart_lose(other, POOL_HOGGED, first.fired);
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
}

static void the_line_where_it_stood_is_told(void **state)
{
    (void)state;
    heart_start_run(&first, 60000);
    while (heart_tag(first.fired) % 2 == 0) /* the fake says a line for odd tags only */
        heart_lose(0, POOL_CRASHED, NULL);
    heart_lose(0, POOL_HOGGED, first.fired);
    expect_failed(&first, "limit.cpu");
    assert_string_equal(first.at, "p/k.lua:1");
}

/* ---- versions */

static void a_version_that_kills_its_runner_does_not_serve(void **state)
{
    struct fake_load load;
    (void)state;
    heart_start_run(&first, 0);
    const struct version *good = heart_trigger()->current;
    heart_save();
    assert_true(fake_pool_next_load(&load));
    fake_pool.seat_count = 0;
    fake_pool.o.lost(fake_pool.o.arg, load.runner,
                     &(struct pool_end){.why = POOL_HOGGED,
                                        .detail = "it did not come back",
                                        .culprit = load.tag,
                                        .kind = STATUS_PAGE_LOAD,
                                        .at = "p/k.lua:2"});
    heart_settle();
    assert_ptr_equal(heart_trigger()->current, good);
    assert_non_null(strstr(trigger_error(heart_trigger()), "p/k.lua:2: loading it killed"));
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
}

static void a_version_whose_runner_dies_is_compiled_by_the_next(void **state)
{
    (void)state;
    const struct version *old = heart_trigger()->current;
    heart_save();
    heart_lose(0, POOL_KILLED, NULL);
    heart_load_versions();
    assert_ptr_not_equal(heart_trigger()->current, old);
    assert_null(trigger_error(heart_trigger()));
}

static void a_declaration_that_is_no_frame_breaks_the_contract(void **state)
{
    struct fake_load load;
    (void)state;
    heart_save();
    assert_true(fake_pool_next_load(&load));
    assert_false(fake_pool_say_raw(load.runner, FRAME_LOADED, load.tag, TEXT("")));
    heart_load_versions(); /* by the runner that stands in its place */
    assert_null(trigger_error(heart_trigger()));
}

/* ---- what a runner may not say */

static void expect_broken_contract(enum frame_type type, const char *fields, int a, int b, int c,
                                   const char *name, const char *data)
{
    heart_start_run(&first, 0);
    assert_false(fake_pool_say(heart_tag(first.fired), type, fields, a, b, c, name, data));
    heart_settle();
}

static void a_runner_that_breaks_the_contract_is_lost(void **state)
{
    (void)state;
    expect_broken_contract(FRAME_RECORD, "buutt", RECORD_RUN_COMPLETED, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_RECORD, "buutt", RECORD_LOG, 0, 0, NULL, "{\"broken\":");
    expect_broken_contract(FRAME_RECORD, "buut", RECORD_LOG, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_DROPPED, "", 0, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_READY, "", 0, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_FINISHED, "", 0, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_FAILED, "", 0, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_IDLE, "", 0, 0, 0, NULL, NULL);
    expect_broken_contract(FRAME_OP, "", 0, 0, 0, NULL, NULL);
}

static void what_is_said_of_a_run_that_is_gone_is_passed_over(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    uint64_t tag = heart_tag(first.fired);
    heart_finish(first.fired, "1");
    assert_true(fake_pool_say(tag, FRAME_FINISHED, "t", "2"));
    heart_settle();
    assert_true(text_is(heart_row(first.fired).result, "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_run_that_was_not_admitted_starts_again),
        HEART_TEST(a_run_that_computes_is_rebuilt),
        HEART_TEST(a_run_whose_acceptance_is_at_the_store_is_rebuilt_behind_that),
        HEART_TEST(a_run_that_the_store_refuses_meanwhile_is_gone),
        HEART_TEST(a_run_that_waits_is_rebuilt_and_its_call_goes_on),
        HEART_TEST(an_answer_that_was_committed_is_told_again),
        HEART_TEST(a_run_that_is_parking_is_rebuilt),
        HEART_TEST(a_run_that_is_replaying_is_rebuilt_again),
        HEART_TEST(runs_that_are_on_no_runner_do_not_mind),
        HEART_TEST(an_end_that_is_not_yet_committed_stays_the_end),
        HEART_TEST(runs_on_other_runners_go_on),
        HEART_TEST(the_stream_of_a_run_that_is_rebuilt_has_no_gap),
        HEART_TEST(the_second_crash_ends_the_culprit_and_spares_its_neighbour),
        HEART_TEST(a_run_that_hogs_is_ended_at_once),
        HEART_TEST(a_filter_that_hogs_is_a_failed_run),
        HEART_TEST(to_be_killed_from_outside_is_forgiven_for_long),
        HEART_TEST(five_kills_and_a_crash_are_enough),
        HEART_TEST(a_culprit_on_another_runner_is_not_blamed),
        HEART_TEST(the_line_where_it_stood_is_told),
        HEART_TEST(a_version_that_kills_its_runner_does_not_serve),
        HEART_TEST(a_version_whose_runner_dies_is_compiled_by_the_next),
        HEART_TEST(a_declaration_that_is_no_frame_breaks_the_contract),
        HEART_TEST(a_runner_that_breaks_the_contract_is_lost),
        HEART_TEST(what_is_said_of_a_run_that_is_gone_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
