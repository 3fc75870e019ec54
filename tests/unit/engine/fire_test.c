/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static struct answer first, second, third;

/* ---- accepted */

static void a_run_is_accepted_once_its_first_records_are_committed(void **state)
{
    (void)state;
    heart_fire(&first, "{\"n\":1}", 0);
    heart_admit(first.fired);
    heart_turn();
    assert_int_equal(first.count, 0);
    assert_string_equal(heart_journal(first.fired), "accepted started");
    heart_expect_answer(&first, VERDICT_ACCEPTED, "running");
    assert_string_equal(first.run, first.fired);
    heart_expect(first.run, RUN_GOING, STORE_RUNNING);
}

static void a_waiting_caller_gets_the_result(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    assert_int_equal(first.count, 0);
    heart_finish(first.fired, "{\"sum\":3}");
    heart_turn();
    assert_int_equal(first.count, 0); /* not before it is on disk */
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    assert_string_equal(first.result, "{\"sum\":3}");
    heart_expect(first.run, RUN_GONE, STORE_COMPLETED);
    assert_string_equal(heart_journal(first.run), "accepted started completed");
}

static void a_run_that_needs_nothing_costs_one_order(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    heart_admit(first.fired);
    heart_finish(first.fired, "1");
    heart_turn();
    assert_int_equal(fake_store_waiting(heart.store), 1);
    fake_store_run(heart.store);
    heart_turn();
    assert_int_equal(fake_store_waiting(heart.store), 0);
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
}

static void a_session_that_is_given_is_kept_and_else_a_fresh_one_is_made(void **state)
{
    struct call call = heart_call("{}");
    (void)state;
    call.session = TEXT("customer 7");
    heart_fire_call(&first, &call);
    heart_admit(first.fired);
    heart_settle();
    assert_string_equal(first.session, "customer 7");
    heart_start_run(&second, 0);
    assert_memory_equal(second.session, "ses_", 4);
    assert_true(text_is(heart_row(second.run).session, second.session));
}

static void put_header(struct buf *out, const void *from)
{
    buf_printf(out, "{\"x-a\":\"%s\"}", (const char *)from);
}

static void the_event_has_body_inputs_session_and_headers(void **state)
{
    (void)state;
    heart_serve("\"defaults\":{\"currency\":\"EUR\"}");
    struct call call = heart_call("{\"n\":1}");
    call.session = TEXT("s");
    call.language = TEXT("de");
    call.put_headers = put_header;
    call.headers_from = "b";
    heart_fire_call(&first, &call);
    struct text event = heart_start_frame(first.fired).event;
    assert_true(text_is(event, "{\"kind\":\"api\",\"body\":{\"n\":1},"
                               "\"inputs\":{\"currency\":\"EUR\",\"n\":1},\"sessionId\":\"s\","
                               "\"language\":\"de\",\"headers\":{\"x-a\":\"b\"}}"));
}

/* ---- refused before anything is kept */

static void expect_refused_at_once(const char *body, enum verdict v)
{
    size_t waiting = heart.e->tickets;
    heart_fire(&second, body, 1000);
    heart_expect_answer(&second, v, "");
    assert_string_equal(second.fired, "");
    assert_string_equal(second.run, "");
    assert_int_equal(heart.e->tickets, waiting);
}

static void a_draining_host_takes_nothing(void **state)
{
    (void)state;
    engine_drain(heart.e);
    expect_refused_at_once("{}", VERDICT_DRAINING);
    assert_false(engine_ready(heart.e));
}

static void a_wrong_field_is_named(void **state)
{
    (void)state;
    heart_serve("\"input\":{\"amount\":{\"type\":\"number\",\"min\":1}}");
    expect_refused_at_once("{\"amount\":0}", VERDICT_INVALID);
    assert_string_equal(second.field, "/amount");
    assert_true(second.detail[0]);
}

static void a_body_that_the_filter_does_not_want_makes_no_run(void **state)
{
    (void)state;
    heart_serve("\"filter\":[[\"amount\",\"<\",100]]");
    expect_refused_at_once("{\"amount\":100}", VERDICT_FILTERED);
    assert_string_equal(second.detail, "amount < 100");
    assert_int_equal(heart.e->runs.count, 0);
}

static void an_event_that_fits_no_frame_is_too_large(void **state)
{
    enum { BYTES = 7 << 20 };
    char *body = mem_alloc(BYTES + 3);
    (void)state;
    memset(body, 'x', BYTES + 2);
    body[0] = body[BYTES + 1] = '"';
    body[BYTES + 2] = '\0';
    expect_refused_at_once(body, VERDICT_TOO_LARGE);
    assert_non_null(strstr(second.detail, "7 MB"));
    free(body);
}

static void more_than_the_backlog_is_overload(void **state)
{
    (void)state;
    heart.config->runs_per_runner = 1;
    heart.config->backlog = 1;
    heart_fire(&first, "{}", 0);
    heart_fire(&third, "{}", 0);
    assert_int_equal(heart_state(third.fired), RUN_QUEUED);
    expect_refused_at_once("{}", VERDICT_OVERLOADED);
    assert_string_equal(second.detail, "1 runs wait for a runner already");
}

/* ---- refused by the runner */

static void a_filter_function_that_says_no_makes_no_run(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_DROPPED, "t", "it is Sunday"));
    heart_settle();
    heart_expect_answer(&first, VERDICT_FILTERED, "");
    assert_string_equal(first.detail, "it is Sunday");
    assert_string_equal(heart_row(first.fired).run, "");
    heart_expect(first.fired, RUN_GONE, 0);
}

static void a_filter_that_fails_is_a_failed_run(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_FAILED, "ttt", "script.error",
                              "attempt to index a nil value", "p/k.lua:3"));
    heart_settle();
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "script.error");
    assert_string_equal(first.at, "p/k.lua:3");
    assert_string_equal(heart_journal(first.run), "accepted started failed");
}

static void an_instruction_that_makes_the_event_too_large_ends_the_run(void **state)
{
    enum { BYTES = 6 << 20, MORE = 2 << 20 };
    char *text = mem_alloc(BYTES + 3);
    (void)state;
    memset(text, 'x', BYTES + 2);
    text[0] = text[BYTES + 1] = '"';
    text[BYTES + 2] = '\0';
    heart_fire(&first, text, 1000);
    text[MORE] = '\0';
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_ADMITTED, "t", text));
    heart_settle();
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "limit.event");
    free(text);
}

/* ---- refused by the store */

static void dedup_same_body_returns_first_run(void **state)
{
    (void)state;
    heart_serve("\"unique\":true");
    heart_fire(&first, "{\"a\":1,\"b\":2}", 0);
    heart_admit(first.fired);
    heart_settle();
    heart_fire(&second, "{\"b\":2, \"a\":1}", 0);
    heart_admit(second.fired);
    heart_settle();
    heart_expect_answer(&second, VERDICT_DUPLICATE, "");
    assert_string_equal(second.run, first.run);
    heart_expect(second.fired, RUN_GONE, 0);
    assert_false(heart_on_runner(second.fired));
}

static void dedup_another_body_is_another_run(void **state)
{
    (void)state;
    heart_serve("\"unique\":true");
    heart_fire(&first, "{\"id\":1234567890123456788}", 0);
    heart_admit(first.fired);
    heart_fire(&second, "{\"id\":1234567890123456789}", 0);
    heart_admit(second.fired);
    heart_settle();
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
    assert_string_not_equal(second.run, first.run);
}

/* What the duplicate had said by then is thrown away, and nobody sees it. */
static void a_duplicate_has_no_effect(void **state)
{
    (void)state;
    heart_serve("\"unique\":true");
    heart_fire(&first, "{}", 0);
    heart_admit(first.fired);
    heart_settle();
    heart_fire(&second, "{}", 1000);
    heart_admit(second.fired);
    heart_ask(second.fired, 1, "http", "{\"method\":\"GET\",\"url\":\"https://a.example/\"}");
    heart_settle();
    heart_expect_answer(&second, VERDICT_DUPLICATE, "");
    assert_int_equal(fake_http.started, 0);
}

static void a_store_that_fails_is_said_to_the_caller_and_to_those_after_it(void **state)
{
    (void)state;
    fake_store_fail(heart.store, 1);
    heart_fire(&first, "{}", 1000);
    heart_admit(first.fired);
    heart_settle();
    heart_expect_answer(&first, VERDICT_STORE, "");
    assert_string_equal(first.run, "");
    assert_non_null(strstr(first.detail, "disk full"));
    heart_expect(first.fired, RUN_GONE, 0);
    expect_refused_at_once("{}", VERDICT_STORE);
    assert_string_equal(second.detail, "");
}

static void calls_are_taken_again_when_the_store_works(void **state)
{
    (void)state;
    fake_store_fail(heart.store, 2); /* the run and the first look whether it works again */
    heart_start_run(&first, 0);
    heart_pass(ENGINE_STORE_RETRY_MS);
    expect_refused_at_once("{}", VERDICT_STORE);
    heart_pass(ENGINE_STORE_RETRY_MS);
    heart_start_run(&second, 0);
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
}

static void what_the_store_can_never_take_is_an_internal_fault(void **state)
{
    (void)state;
    heart_fire(&first, "{}", 1000);
    run_by_id(heart.e, first.fired)->next_seq = 2; /* a journal begins with 1 */
    heart_admit(first.fired);
    heart_settle();
    heart_expect_answer(&first, VERDICT_INTERNAL, "");
    assert_string_equal(first.run, "");
    heart_expect(first.fired, RUN_GONE, 0);
}

static void dedup_ends_with_its_time(void **state)
{
    (void)state;
    heart_serve("\"unique\":\"1h\"");
    heart_start_run(&first, 0);
    heart_pass(3600000 - 1);
    heart_start_run(&second, 0);
    heart_expect_answer(&second, VERDICT_DUPLICATE, "");
    heart_pass(1);
    heart_start_run(&second, 0);
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
}

/* "{}" stands for a body that nobody sent. */
static void dedup_a_body_that_was_not_sent_claims_nothing(void **state)
{
    (void)state;
    heart_serve("\"unique\":true");
    for (int i = 0; i < 2; i++) {
        struct call call = heart_call("{}");
        call.unsent = true;
        heart_fire_call(&first, &call);
        heart_admit(first.fired);
        heart_settle();
        heart_expect_answer(&first, VERDICT_ACCEPTED, "running");
    }
}

static void an_event_without_a_body_has_null_and_objects_are_kept(void **state)
{
    (void)state;
    struct error err;
    cJSON *customer = json_parse(TEXT("{\"id\":12345678901234567890}"), &err);
    struct call call = heart_call(NULL);
    call.customer = customer;
    call.instruction_object = customer;
    heart_fire_call(&first, &call);
    cJSON_Delete(customer);
    struct text event = heart_start_frame(first.fired).event;
    assert_non_null(strstr(event.data, "{\"kind\":\"api\",\"body\":null,"));
    assert_non_null(strstr(event.data, "\"instruction\":{\"id\":12345678901234567890},"
                                       "\"customer\":{\"id\":12345678901234567890},"));
}

static void inputs_that_are_given_get_no_defaults(void **state)
{
    (void)state;
    heart_serve("\"defaults\":{\"currency\":\"EUR\"}");
    struct call call = heart_call("{\"n\":1}");
    call.inputs = true;
    heart_fire_call(&first, &call);
    assert_null(strstr(heart_start_frame(first.fired).event.data, "\"inputs\""));
}

/* A run that started on it could not be resumed without it. */
static void a_version_that_the_disk_refused_is_kept_when_it_works(void **state)
{
    (void)state;
    fake_store_fail(heart.store, 1);
    heart_serve("\"wait\":\"5s\"");
    assert_true(heart.e->outage.broken);
    heart_pass(ENGINE_STORE_RETRY_MS);
    heart_start_run(&first, 0);
    heart_serve("\"wait\":\"6s\"");
    heart_stop();
    heart_start();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_run_is_accepted_once_its_first_records_are_committed),
        HEART_TEST(a_waiting_caller_gets_the_result),
        HEART_TEST(a_run_that_needs_nothing_costs_one_order),
        HEART_TEST(a_session_that_is_given_is_kept_and_else_a_fresh_one_is_made),
        HEART_TEST(the_event_has_body_inputs_session_and_headers),
        HEART_TEST(a_draining_host_takes_nothing),
        HEART_TEST(a_wrong_field_is_named),
        HEART_TEST(a_body_that_the_filter_does_not_want_makes_no_run),
        HEART_TEST(an_event_that_fits_no_frame_is_too_large),
        HEART_TEST(more_than_the_backlog_is_overload),
        HEART_TEST(a_filter_function_that_says_no_makes_no_run),
        HEART_TEST(a_filter_that_fails_is_a_failed_run),
        HEART_TEST(an_instruction_that_makes_the_event_too_large_ends_the_run),
        HEART_TEST(dedup_same_body_returns_first_run),
        HEART_TEST(dedup_another_body_is_another_run),
        HEART_TEST(a_duplicate_has_no_effect),
        HEART_TEST(a_store_that_fails_is_said_to_the_caller_and_to_those_after_it),
        HEART_TEST(calls_are_taken_again_when_the_store_works),
        HEART_TEST(what_the_store_can_never_take_is_an_internal_fault),
        HEART_TEST(dedup_ends_with_its_time),
        HEART_TEST(dedup_a_body_that_was_not_sent_claims_nothing),
        HEART_TEST(an_event_without_a_body_has_null_and_objects_are_kept),
        HEART_TEST(inputs_that_are_given_get_no_defaults),
        HEART_TEST(a_version_that_the_disk_refused_is_kept_when_it_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
