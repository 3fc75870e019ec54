/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;

static const char *start_with(const char *kind, const char *args)
{
    heart_start_run(&first, 60000);
    heart_ask(first.fired, 1, kind, args);
    heart_settle();
    return first.fired;
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
    assert_non_null(strstr(heart_told(run, 1, true).data, "It was told: Say hello"));
    assert_non_null(strstr(heart_journal(run), "step.started text.delta"));
    run = start_in_session(&second, "s");
    heart_ask(run, 1, "session", "{}");
    heart_settle();
    struct text history = heart_told(run, 1, true);
    assert_non_null(strstr(history.data, "{\"role\":\"user\",\"text\":\"Say hello\""));
    assert_non_null(strstr(history.data, "{\"role\":\"assistant\",\"text\":\"This is a rehearsal"));
    heart_ask(run, 2, "session", "{\"session\":\"another\"}");
    heart_settle();
    assert_true(text_is(heart_told(run, 2, true), "{\"messages\":[]}"));
}

static void a_history_that_cannot_be_read_is_a_failed_step(void **state)
{
    (void)state;
    const char *run = start_in_session(&first, "s");
    fake_store_fail_reads(heart.store, 2);
    heart_ask(run, 1, "session", "{}");
    heart_settle();
    assert_non_null(strstr(heart_told(run, 1, false).data, "store_unavailable"));
    heart_ask(run, 2, "agent", "{\"instruction\":\"x\"}");
    heart_settle();
    assert_non_null(strstr(heart_told(run, 2, false).data, "store_unavailable"));
}

static void a_model_that_nobody_has_is_a_failed_step(void **state)
{
    (void)state;
    const char *run = start_with("agent", "{\"instruction\":\"x\",\"model\":\"oracle\"}");
    assert_non_null(strstr(heart_told(run, 1, false).data, "\"code\":\"agent.model\""));
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

/* ---- models */

static void pass_slowly(int64_t ms)
{
    for (int64_t at = 0; at < ms; at += 10)
        heart_pass(10);
}

static void a_model_is_told_what_the_session_had_so_far(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        const char *run = start_in_session(&first, "s");
        heart_ask(run, 1, "agent", "{\"instruction\":\"hello\",\"system\":\"be kind\"}");
        pass_slowly(1500);
        const char *heard = turn ? "It has heard 1 turn of" : "It has heard 0 turns of";
        assert_non_null(strstr(heart_told(run, 1, true).data, heard));
    }
}

static void a_model_without_a_session_keeps_nothing(void **state)
{
    (void)state;
    const char *run = start_in_session(&first, "s");
    heart_ask(run, 1, "agent", "{\"instruction\":\"hello\",\"session\":false}");
    pass_slowly(1500);
    assert_null(strstr(heart_told(run, 1, true).data, "this session"));
    heart_ask(run, 2, "session", "{}");
    heart_settle();
    assert_true(text_is(heart_told(run, 2, true), "{\"messages\":[]}"));
}

static void a_long_answer_is_told_in_pieces(void **state)
{
    char args[1200];
    (void)state;
    int len = snprintf(args, sizeof args, "{\"session\":false,\"instruction\":\"");
    memset(args + len, 'x', 1000);
    snprintf(args + len + 1000, sizeof args - (size_t)len - 1000, "\"}");
    const char *run = start_with("agent", args);
    pass_slowly(1500);
    assert_int_equal(heart_answers(run), 1);
    const char *last = heart_record(run, RECORD_TEXT_DELTA);
    assert_true(strncmp(last, "{\"part\":1,", 10) != 0);
}

static void a_delta_of_a_model_may_fill_the_journal(void **state)
{
    (void)state;
    const char *run = start_with("agent", "{\"instruction\":\"x\"}");
    run_by_id(heart.e, run)->journal_bytes = ENGINE_JOURNAL_MAX;
    heart_pass(1000);
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(first.code, "limit.journal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(what_was_said_in_a_session_is_its_history),
        HEART_TEST(a_history_that_cannot_be_read_is_a_failed_step),
        HEART_TEST(a_model_that_nobody_has_is_a_failed_step),
        HEART_TEST(a_run_that_ends_while_the_store_is_asked_leaves_nothing),
        HEART_TEST(a_model_is_told_what_the_session_had_so_far),
        HEART_TEST(a_model_without_a_session_keeps_nothing),
        HEART_TEST(a_long_answer_is_told_in_pieces),
        HEART_TEST(a_delta_of_a_model_may_fill_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
