/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "engine/run_time.h"
#include <string.h>

static struct answer first;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/x\"}";
static const char retried[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\","
                              "\"retry\":{\"times\":2,\"first_ms\":100,\"factor\":2}}";

static const char *start_with(const char *kind, const char *args)
{
    heart_start_run(&first, 60000);
    heart_ask(first.fired, 1, kind, args);
    heart_settle();
    return first.fired;
}

/* ---- what is asked for wrongly ends the run */

static void expect_step_refused(const char *kind, const char *args, const char *why)
{
    start_with(kind, args);
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "script.step");
    if (!strstr(first.detail, why))
        fail_msg("%s", first.detail);
    assert_false(heart_on_runner(first.run));
    assert_string_equal(heart_journal(first.run), "accepted started failed");
}

static void a_kind_that_nobody_knows_ends_the_run(void **state)
{
    (void)state;
    expect_step_refused("teleport", "{}", "step 1 (teleport): the host knows no such kind");
}

static void arguments_that_are_wrong_end_the_run(void **state)
{
    (void)state;
    expect_step_refused("sleep", "{\"ms\":-1}", "sleep needs ms or until_ms");
    expect_step_refused("http", "{\"method\":\"GET\"}", "step 1 (http): ");
    expect_step_refused("agent", "{\"model\":7}", "model must be a string");
    expect_step_refused("session", "{\"session\":\"\"}", "not empty");
    expect_step_refused("agent", "{\"session\":7}", "session must be a string or false");
    expect_step_refused("agent", "{\"session\":\"\"}", "session must have 1 to 256 characters");
}

static void arguments_that_are_no_json_end_the_run(void **state)
{
    (void)state;
    expect_step_refused("sleep", "{\"ms\":", "step 1 (sleep): ");
}

/* ---- sleep */

static void a_sleep_ends_in_time_and_its_answer_is_a_record(void **state)
{
    (void)state;
    const char *run = start_with("sleep", "{\"ms\":300}");
    heart_rest(run, 0);
    heart_pass(299);
    assert_int_equal(heart_answers(run), 0);
    heart_pass(1);
    assert_int_equal(heart_answers(run), 1);
    assert_true(text_is(heart_told(run, 1, true), "null"));
    heart_expect(run, RUN_GOING, STORE_RUNNING);
    assert_string_equal(heart_journal(run), "accepted started step.started step.completed");
}

static void a_moment_that_has_passed_is_no_wait(void **state)
{
    (void)state;
    const char *run = start_with("sleep", "{\"until_ms\":1000}");
    assert_int_equal(heart_answers(run), 1);
}

/* ---- given up by the script */

static void a_step_that_is_given_up_ends_without_an_answer(void **state)
{
    (void)state;
    const char *run = start_with("http", get);
    assert_true(fake_pool_say(heart_tag(run), FRAME_OP_CANCEL, "u", 1));
    heart_settle();
    assert_int_equal(fake_http.cancelled, 1);
    assert_int_equal(heart_answers(run), 0);
    assert_string_equal(heart_journal(run), "accepted started step.started step.failed");
    assert_non_null(strstr(heart_record(run, RECORD_STEP_FAILED), "\"code\":\"cancelled\""));
}

static void giving_up_what_has_been_answered_is_harmless(void **state)
{
    (void)state;
    const char *run = start_with("http", get);
    fake_http_reply(0, 200, NULL);
    assert_true(fake_pool_say(heart_tag(run), FRAME_OP_CANCEL, "u", 1));
    heart_settle();
    assert_string_equal(heart_journal(run), "accepted started step.started step.completed");
}

/* ---- what a run waits for */

static void expect_waiting(const char *run, const char *waiting)
{
    struct store_run row = heart_row(run);
    struct buf out;
    buf_init(&out, 4096);
    engine_put_waiting(heart.e, &row, &out);
    if (!text_is(buf_view(&out), waiting))
        fail_msg("%.*s", (int)out.len, out.data);
    buf_done(&out);
}

static void a_run_says_what_it_waits_for(void **state)
{
    (void)state;
    const char *run = start_with("sleep", "{\"ms\":60000}");
    expect_waiting(run, "null"); /* it still computes */
    heart_ask(run, 2, "http", get);
    heart_rest(run, 0);
    heart_settle();
    expect_waiting(run, "{\"for\":\"http\"}");
    fake_http_reply(0, 200, NULL);
    heart_rest(run, 1);
    expect_waiting(run, "{\"for\":\"sleep\",\"until\":\"2025-11-21T08:01:00.000Z\"}");
    heart_settle(); /* now it is a row */
    assert_int_equal(heart_state(run), RUN_GONE);
    expect_waiting(run, "{\"for\":\"sleep\",\"until\":\"2025-11-21T08:01:00.000Z\"}");
}

/* ---- the journal ends with any record, also with one that the host writes */

static const char *start_with_full_journal(const char *args)
{
    const char *run = start_with("http", args);
    run_by_id(heart.e, run)->journal_bytes = ENGINE_JOURNAL_MAX;
    return run;
}

static void expect_journal_full(void)
{
    heart_settle();
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "limit.journal");
    assert_int_equal(fake_http.count, 0);
    heart_expect(first.run, RUN_GONE, STORE_FAILED);
}

static void an_answer_may_fill_the_journal(void **state)
{
    (void)state;
    start_with_full_journal(get);
    fake_http_reply(0, 200, NULL);
    expect_journal_full();
}

static void giving_up_may_fill_the_journal(void **state)
{
    (void)state;
    const char *run = start_with_full_journal(get);
    assert_true(fake_pool_say(heart_tag(run), FRAME_OP_CANCEL, "u", 1));
    expect_journal_full();
}

static void a_question_may_fill_the_journal(void **state)
{
    (void)state;
    const char *run = start_with_full_journal(get);
    heart_ask(run, 2, "http", get);
    expect_journal_full();
}

static void a_retry_may_fill_the_journal(void **state)
{
    (void)state;
    start_with_full_journal(retried);
    fake_http_fail(0, "timeout");
    expect_journal_full();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_kind_that_nobody_knows_ends_the_run),
        HEART_TEST(arguments_that_are_wrong_end_the_run),
        HEART_TEST(arguments_that_are_no_json_end_the_run),
        HEART_TEST(a_sleep_ends_in_time_and_its_answer_is_a_record),
        HEART_TEST(a_moment_that_has_passed_is_no_wait),
        HEART_TEST(a_step_that_is_given_up_ends_without_an_answer),
        HEART_TEST(giving_up_what_has_been_answered_is_harmless),
        HEART_TEST(a_run_says_what_it_waits_for),
        HEART_TEST(an_answer_may_fill_the_journal),
        HEART_TEST(giving_up_may_fill_the_journal),
        HEART_TEST(a_question_may_fill_the_journal),
        HEART_TEST(a_retry_may_fill_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
