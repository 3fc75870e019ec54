/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "engine/run_time.h"
#include <string.h>

static struct answer first, second;
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

/* The last answer that its runner was sent. */
static struct text told(const char *run, uint32_t step, bool ok)
{
    pool_flush(heart.e->pool);
    const struct fake_frame *sent = fake_pool_sent(FRAME_ANSWER, heart_tag(run));
    assert_non_null(sent);
    struct frame f = {.type = sent->type, .tag = sent->tag, .payload = sent->payload};
    struct frame_reader in;
    frame_read(&in, &f);
    assert_in_range(frame_get_u64(&in), heart.clock.wall_ms - 2000, heart.clock.wall_ms);
    assert_int_equal(frame_get_u32(&in), step);
    assert_int_equal(frame_get_u8(&in), ok);
    return frame_get_bytes(&in);
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
    assert_true(text_is(told(run, 1, true), "null"));
    heart_expect(run, RUN_GOING, STORE_RUNNING);
    assert_string_equal(heart_journal(run), "accepted started step.started step.completed");
}

static void a_moment_that_has_passed_is_no_wait(void **state)
{
    (void)state;
    const char *run = start_with("sleep", "{\"until_ms\":1000}");
    assert_int_equal(heart_answers(run), 1);
}

/* ---- http */

static void an_answer_has_status_headers_and_body(void **state)
{
    (void)state;
    const char *run = start_with("http", get);
    char key[ID_BYTES + 8];
    snprintf(key, sizeof key, "%s-1", run);
    assert_string_equal(fake_http.calls[0]->url, "https://a.example/x");
    assert_string_equal(fake_http_header(fake_http.calls[0], "Idempotency-Key"), key);
    fake_http_reply(0, 404, "{\"n\":1}");
    assert_true(text_is(told(run, 1, true),
                        "{\"status\":404,\"headers\":{\"content-type\":\"application/json\"},"
                        "\"body\":\"{\\\"n\\\":1}\"}"));
}

static void a_call_that_fails_is_a_failed_step(void **state)
{
    (void)state;
    const char *run = start_with("http", get);
    fake_http_fail(0, "connect");
    assert_true(
        text_is(told(run, 1, false), "{\"code\":\"connect\",\"message\":\"the test said so\"}"));
    heart_settle();
    assert_string_equal(heart_journal(run), "accepted started step.started step.failed");
}

static void each_attempt_is_noted_and_has_the_same_key(void **state)
{
    (void)state;
    char key[64];
    const char *run = start_with("http", retried);
    snprintf(key, sizeof key, "%s", fake_http_header(fake_http.calls[0], "Idempotency-Key"));
    fake_http_fail(0, "timeout");
    heart_settle();
    assert_int_equal(fake_http.count, 0);
    heart_pass(100);
    assert_int_equal(fake_http.count, 1);
    assert_string_equal(fake_http_header(fake_http.calls[0], "Idempotency-Key"), key);
    fake_http_reply(0, 503, NULL);
    heart_settle();
    assert_non_null(strstr(heart_record(run, RECORD_STEP_RETRYING), "\"code\":\"503\""));
    heart_pass(200);
    fake_http_reply(0, 503, NULL); /* that was the last try: the script gets it */
    heart_settle();
    assert_int_equal(fake_http.started, 3);
    assert_string_equal(heart_journal(run),
                        "accepted started step.started step.retrying step.retrying step.completed");
}

static void a_retry_after_is_obeyed(void **state)
{
    (void)state;
    start_with("http", retried);
    const char *none[] = {NULL};
    fake_http_answer(0, &(struct http_answer){
                            .status = 429, .names = none, .values = none, .retry_after_ms = 5000});
    heart_pass(4999);
    assert_int_equal(fake_http.count, 0);
    heart_pass(1);
    assert_int_equal(fake_http.count, 1);
}

static void a_status_that_is_not_listed_is_not_tried_again(void **state)
{
    (void)state;
    const char *run = start_with("http", "{\"method\":\"GET\",\"url\":\"https://a.example/\","
                                         "\"retry\":{\"times\":9,\"on\":[429,\"timeout\"]}}");
    fake_http_reply(0, 500, NULL);
    heart_settle();
    assert_int_equal(heart_answers(run), 1);
}

static void a_run_that_ends_cancels_its_calls(void **state)
{
    (void)state;
    const char *run = start_with("http", get);
    heart_finish(run, "1");
    assert_int_equal(fake_http.cancelled, 1);
}

static void a_run_that_ends_between_two_tries_tries_no_more(void **state)
{
    (void)state;
    const char *run = start_with("http", retried);
    fake_http_fail(0, "timeout");
    heart_finish(run, "1");
    heart_pass(60000);
    assert_int_equal(fake_http.started, 1);
    heart_expect(run, RUN_GONE, STORE_COMPLETED);
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

/* ---- sessions */

static const char *start_in_session(struct answer *a, const char *session)
{
    struct call call = heart_call("{}");
    call.session = text_of(session);
    heart_fire_call(a, &call);
    heart_admit(a->fired);
    heart_settle();
    return a->fired;
}

static void what_was_said_in_a_session_is_its_history(void **state)
{
    (void)state;
    const char *run = start_in_session(&first, "s");
    heart_ask(run, 1, "agent", "{\"instruction\":\"Say hello\"}");
    for (int i = 0; i < 200; i++)
        heart_pass(10);
    assert_int_equal(heart_answers(run), 1);
    assert_non_null(strstr(told(run, 1, true).data, "It was told: Say hello"));
    assert_non_null(strstr(heart_journal(run), "step.started text.delta"));
    run = start_in_session(&second, "s");
    heart_ask(run, 1, "session", "{}");
    heart_settle();
    struct text history = told(run, 1, true);
    assert_non_null(strstr(history.data, "{\"role\":\"user\",\"text\":\"Say hello\""));
    assert_non_null(strstr(history.data, "{\"role\":\"assistant\",\"text\":\"This is a rehearsal"));
    heart_ask(run, 2, "session", "{\"session\":\"another\"}");
    heart_settle();
    assert_true(text_is(told(run, 2, true), "{\"messages\":[]}"));
}

static void a_history_that_cannot_be_read_is_a_failed_step(void **state)
{
    (void)state;
    const char *run = start_in_session(&first, "s");
    fake_store_fail_reads(heart.store, 2);
    heart_ask(run, 1, "session", "{}");
    heart_settle();
    assert_non_null(strstr(told(run, 1, false).data, "store_unavailable"));
    heart_ask(run, 2, "agent", "{\"instruction\":\"x\"}");
    heart_settle();
    assert_non_null(strstr(told(run, 2, false).data, "store_unavailable"));
}

static void a_model_that_nobody_has_is_a_failed_step(void **state)
{
    (void)state;
    const char *run = start_with("agent", "{\"instruction\":\"x\",\"model\":\"oracle\"}");
    assert_non_null(strstr(told(run, 1, false).data, "\"code\":\"agent.model\""));
}

static void a_run_that_ends_while_the_store_is_asked_leaves_nothing(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "session", "{}");
    heart_ask(first.fired, 2, "agent", "{\"instruction\":\"x\"}");
    heart_turn();
    assert_true(fake_store_step(heart.store)); /* both are asked */
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_kind_that_nobody_knows_ends_the_run),
        HEART_TEST(arguments_that_are_wrong_end_the_run),
        HEART_TEST(arguments_that_are_no_json_end_the_run),
        HEART_TEST(a_sleep_ends_in_time_and_its_answer_is_a_record),
        HEART_TEST(a_moment_that_has_passed_is_no_wait),
        HEART_TEST(an_answer_has_status_headers_and_body),
        HEART_TEST(a_call_that_fails_is_a_failed_step),
        HEART_TEST(each_attempt_is_noted_and_has_the_same_key),
        HEART_TEST(a_retry_after_is_obeyed),
        HEART_TEST(a_status_that_is_not_listed_is_not_tried_again),
        HEART_TEST(a_run_that_ends_cancels_its_calls),
        HEART_TEST(a_run_that_ends_between_two_tries_tries_no_more),
        HEART_TEST(a_step_that_is_given_up_ends_without_an_answer),
        HEART_TEST(giving_up_what_has_been_answered_is_harmless),
        HEART_TEST(what_was_said_in_a_session_is_its_history),
        HEART_TEST(a_history_that_cannot_be_read_is_a_failed_step),
        HEART_TEST(a_model_that_nobody_has_is_a_failed_step),
        HEART_TEST(a_run_that_ends_while_the_store_is_asked_leaves_nothing),
        HEART_TEST(a_runner_that_breaks_the_contract_is_lost),
        HEART_TEST(what_is_said_of_a_run_that_is_gone_is_passed_over),
        HEART_TEST(a_run_says_what_it_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
