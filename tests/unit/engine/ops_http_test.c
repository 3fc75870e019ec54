/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static struct answer first;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/x\"}";
static const char retried[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\","
                              "\"retry\":{\"times\":2,\"first_ms\":100,\"factor\":2}}";

static const char *start_call(const char *args)
{
    heart_start_run(&first, 60000);
    heart_ask(first.fired, 1, "http", args);
    heart_settle();
    return first.fired;
}

/* ---- requests that cannot be sent */

static void expect_refused(const char *args, const char *why)
{
    start_call(args);
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "script.step");
    if (!strstr(first.detail, why))
        fail_msg("%s", first.detail);
    assert_int_equal(fake_http.started, 0);
}

static void requests_that_could_not_be_sent_end_the_run(void **state)
{
    (void)state;
    expect_refused("{\"method\":\"GET\",\"url\":\"ftp://a.example/\"}",
                   "url: expected http:// or https://");
    expect_refused("{\"method\":\"BREW\",\"url\":\"https://a.example/\"}", "method");
    expect_refused("{\"method\":\"GET\",\"url\":\"https://a.example/\","
                   "\"headers\":{\"A\":\"b\\nc: d\"}}",
                   "a line break, colon or space is not allowed there");
}

/* ---- answers and attempts */

static void an_answer_has_status_headers_and_body(void **state)
{
    (void)state;
    const char *run = start_call(get);
    char key[ID_BYTES + 8];
    snprintf(key, sizeof key, "%s-1", run);
    assert_string_equal(fake_http.calls[0]->url, "https://a.example/x");
    assert_string_equal(fake_http_header(fake_http.calls[0], "Idempotency-Key"), key);
    fake_http_reply(0, 404, "{\"n\":1}");
    assert_true(text_is(heart_told(run, 1, true),
                        "{\"status\":404,\"headers\":{\"content-type\":\"application/json\"},"
                        "\"body\":\"{\\\"n\\\":1}\"}"));
}

static void a_call_that_fails_is_a_failed_step(void **state)
{
    (void)state;
    const char *run = start_call(get);
    fake_http_fail(0, "connect");
    assert_true(text_is(heart_told(run, 1, false),
                        "{\"code\":\"connect\",\"message\":\"the test said so\"}"));
    heart_settle();
    assert_string_equal(heart_journal(run), "accepted started step.started step.failed");
}

static void each_attempt_is_noted_and_has_the_same_key(void **state)
{
    (void)state;
    char key[64];
    const char *run = start_call(retried);
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
    start_call(retried);
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
    const char *run = start_call("{\"method\":\"GET\",\"url\":\"https://a.example/\","
                                 "\"retry\":{\"times\":9,\"on\":[429,\"timeout\"]}}");
    fake_http_reply(0, 500, NULL);
    heart_settle();
    assert_int_equal(heart_answers(run), 1);
}

static void a_run_that_ends_cancels_its_calls(void **state)
{
    (void)state;
    const char *run = start_call(get);
    heart_finish(run, "1");
    assert_int_equal(fake_http.cancelled, 1);
}

static void a_run_that_ends_between_two_tries_tries_no_more(void **state)
{
    (void)state;
    const char *run = start_call(retried);
    fake_http_fail(0, "timeout");
    heart_finish(run, "1");
    heart_pass(60000);
    assert_int_equal(fake_http.started, 1);
    heart_expect(run, RUN_GONE, STORE_COMPLETED);
}

static void of_a_header_that_comes_twice_the_last_counts(void **state)
{
    static const char *const names[] = {"x", "y", "x", NULL};
    static const char *const values[] = {"1", "2", "3", NULL};
    (void)state;
    const char *run = start_call(get);
    fake_http_answer(0, &(struct http_answer){
                            .status = 200, .names = names, .values = values, .retry_after_ms = -1});
    assert_true(text_is(heart_told(run, 1, true),
                        "{\"status\":200,\"headers\":{\"y\":\"2\",\"x\":\"3\"},\"body\":\"\"}"));
}

static void an_answer_that_fits_no_record_is_a_failed_step(void **state)
{
    enum { BYTES = FRAME_MAX };
    char *body = mem_alloc(BYTES + 1);
    (void)state;
    memset(body, 'x', BYTES);
    body[BYTES] = '\0';
    const char *run = start_call(get);
    fake_http_reply(0, 200, body);
    free(body);
    assert_non_null(strstr(heart_told(run, 1, false).data, "\"code\":\"too_large\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(requests_that_could_not_be_sent_end_the_run),
        HEART_TEST(an_answer_has_status_headers_and_body),
        HEART_TEST(a_call_that_fails_is_a_failed_step),
        HEART_TEST(each_attempt_is_noted_and_has_the_same_key),
        HEART_TEST(a_retry_after_is_obeyed),
        HEART_TEST(a_status_that_is_not_listed_is_not_tried_again),
        HEART_TEST(a_run_that_ends_cancels_its_calls),
        HEART_TEST(a_run_that_ends_between_two_tries_tries_no_more),
        HEART_TEST(of_a_header_that_comes_twice_the_last_counts),
        HEART_TEST(an_answer_that_fits_no_record_is_a_failed_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
