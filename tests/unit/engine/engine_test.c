/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";

static void it_is_quiet_when_nobody_waits_and_nothing_is_at_the_store(void **state)
{
    (void)state;
    assert_true(engine_quiet(heart.e));
    heart_fire(&first, "{}", 1000);
    assert_false(engine_quiet(heart.e));
    heart_admit(first.fired);
    heart_settle();
    assert_false(engine_quiet(heart.e)); /* its caller waits */
    heart_pass(1000);
    assert_true(engine_quiet(heart.e)); /* the run goes on, and may */
    heart_ask(first.fired, 1, "http", get);
    assert_false(engine_quiet(heart.e));
    heart_turn();
    assert_false(engine_quiet(heart.e));
    heart_settle();
    assert_true(engine_quiet(heart.e));
}

static void a_draining_host_lets_its_runs_go_on(void **state)
{
    (void)state;
    heart_start_run(&first, 1000);
    engine_drain(heart.e);
    assert_false(engine_ready(heart.e));
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    assert_true(engine_quiet(heart.e));
}

static void what_runs_have_said_is_committed_before_the_host_is_closed(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_finish(first.fired, "1");
    heart_stop();
    assert_int_equal(heart_row(first.fired).status, STORE_COMPLETED);
    assert_string_equal(heart_journal(first.fired), "accepted started completed");
}

static void no_effect_starts_in_a_host_that_closes(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_kill(); /* its record is not committed */
    assert_int_equal(fake_http.started, 0);
}

/* ---- closing with runs in every state: the address sanitizer looks for what is left */

static void close_now(void **state)
{
    (void)state;
    heart_stop();
    assert_null(heart.e);
}

static void it_closes_with_a_run_that_is_judged(void **state)
{
    heart_fire(&first, "{}", 1000);
    close_now(state);
}

static void it_closes_with_a_run_that_is_being_accepted(void **state)
{
    heart_fire(&first, "{}", 1000);
    heart_admit(first.fired);
    heart_turn();
    close_now(state);
    assert_int_equal(heart_row(first.fired).status, STORE_RUNNING);
}

static void it_closes_with_a_run_that_waits(void **state)
{
    heart_start_run(&first, 1000);
    heart_ask(first.fired, 1, "http", get);
    heart_ask(first.fired, 2, "agent", "{\"instruction\":\"x\"}");
    heart_ask(first.fired, 3, "session", "{}");
    heart_ask(first.fired, 4, "sleep", "{\"ms\":1000}");
    heart_rest(first.fired, 0);
    heart_settle();
    close_now(state);
}

static void it_closes_while_the_store_is_asked_for_a_step(void **state)
{
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "agent", "{\"instruction\":\"x\"}");
    heart_ask(first.fired, 2, "session", "{}");
    heart_turn();
    assert_true(fake_store_step(heart.store));
    close_now(state);
    assert_int_equal(heart_row(first.fired).status, STORE_RUNNING);
}

static void it_closes_with_a_run_that_is_away(void **state)
{
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_pass(ENGINE_EVICT_MS);
    close_now(state);
}

static void it_closes_with_a_run_that_returns_with_its_answer(void **state)
{
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_pass(ENGINE_EVICT_MS);
    fake_http_reply(0, 200, NULL);
    close_now(state);
}

static void it_closes_with_a_run_that_is_being_rebuilt(void **state)
{
    for (int reads = 0; reads < 4; reads++) {
        heart_start_run(&first, 0);
        fake_pool_lose(0, POOL_CRASHED, 0);
        for (int i = 0; i < reads; i++)
            fake_store_step(heart.store);
        close_now(state);
        heart_start();
        heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    }
}

static void it_closes_with_a_run_that_is_replaying(void **state)
{
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    close_now(state);
}

static void it_closes_while_the_disk_refuses_an_end(void **state)
{
    heart_start_run(&first, 1000);
    fake_store_fail(heart.store, SIZE_MAX);
    heart_finish(first.fired, "1");
    heart_settle();
    heart_cancel(first.fired);
    heart_settle();
    close_now(state);
    assert_int_equal(heart_row(first.fired).status, STORE_RUNNING);
    fake_store_fail(heart.store, 0);
    heart_start();
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
}

static void it_closes_while_a_key_is_looked_up(void **state)
{
    heart_start_run(&first, 0);
    heart_serve("\"filter\":[[\"a\",\"=\",1]]");
    struct call call = heart_call("{}");
    call.idempotency_key = TEXT("k");
    heart_fire_call(&second, &call);
    close_now(state);
}

/* ---- what it needs to be ready */

static void on_written(void *arg, const struct error *err)
{
    *(bool *)arg = err == NULL;
}

static void a_trigger_that_was_paused_is_paused_after_a_restart(void **state)
{
    bool written = false;
    (void)state;
    engine_pause(heart.e, heart_trigger(), true, "key_a", NULL, on_written, &written);
    assert_true(trigger_serves(heart_trigger()));
    heart_settle();
    assert_true(written);
    assert_false(trigger_serves(heart_trigger()));
    heart_stop();
    heart_start();
    assert_false(trigger_serves(heart_trigger()));
    engine_pause(heart.e, heart_trigger(), false, "key_a", NULL, on_written, &written);
    heart_settle();
    assert_true(trigger_serves(heart_trigger()));
}

static void a_pause_that_the_disk_refuses_is_none(void **state)
{
    bool written = true;
    (void)state;
    fake_store_fail(heart.store, 1);
    engine_pause(heart.e, heart_trigger(), true, "key_a", NULL, on_written, &written);
    heart_settle();
    assert_false(written);
    assert_true(trigger_serves(heart_trigger()));
}

static void a_store_that_cannot_be_read_makes_it_unfit(void **state)
{
    struct error err;
    const struct engine_options o = {
        .loop = &heart.loop, .clock = &heart.clock.clock, .config = heart.config, .runners = 1};
    (void)state;
    assert_null(engine_unfit(heart.e));
    for (size_t reads = 1; reads <= 2; reads++) { /* keys; keys and pauses */
        heart_stop();
        heart.e = engine_open(&o, &err);
        fake_store_fail_reads(heart.store, reads);
        heart_load_versions();
        heart_settle();
        assert_false(engine_ready(heart.e));
        assert_non_null(engine_unfit(heart.e));
        assert_non_null(strstr(engine_unfit(heart.e)->text, "unreadable"));
    }
}

static void a_host_whose_runners_start_is_not_ready(void **state)
{
    (void)state;
    fake_pool.starting = true;
    assert_false(engine_ready(heart.e));
    fake_pool.starting = false;
    assert_true(engine_ready(heart.e));
}

/* The old host still holds the folder, until the system has taken it apart. */
static void it_waits_for_the_host_before_it(void **state)
{
    (void)state;
    heart_stop();
    heart.refusals = 2;
    heart.refusal = ERROR_BUSY;
    heart_start();
    assert_int_equal(heart.refusals, 0);
}

static void a_store_that_does_not_open_leaves_nothing_behind(void **state)
{
    struct error err;
    const struct engine_options o = {
        .loop = &heart.loop, .clock = &heart.clock.clock, .config = heart.config, .runners = 1};
    (void)state;
    heart_stop();
    heart.refusals = 1;
    heart.refusal = ERROR_IO;
    assert_null(engine_open(&o, &err));
    assert_string_equal(err.text, "the store does not open: a test said so");
    uv_run(&heart.loop, UV_RUN_DEFAULT); /* its handles close */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(it_is_quiet_when_nobody_waits_and_nothing_is_at_the_store),
        HEART_TEST(a_draining_host_lets_its_runs_go_on),
        HEART_TEST(what_runs_have_said_is_committed_before_the_host_is_closed),
        HEART_TEST(no_effect_starts_in_a_host_that_closes),
        HEART_TEST(it_closes_with_a_run_that_is_judged),
        HEART_TEST(it_closes_with_a_run_that_is_being_accepted),
        HEART_TEST(it_closes_with_a_run_that_waits),
        HEART_TEST(it_closes_while_the_store_is_asked_for_a_step),
        HEART_TEST(it_closes_with_a_run_that_is_away),
        HEART_TEST(it_closes_with_a_run_that_returns_with_its_answer),
        HEART_TEST(it_closes_with_a_run_that_is_being_rebuilt),
        HEART_TEST(it_closes_with_a_run_that_is_replaying),
        HEART_TEST(it_closes_while_the_disk_refuses_an_end),
        HEART_TEST(it_closes_while_a_key_is_looked_up),
        HEART_TEST(a_trigger_that_was_paused_is_paused_after_a_restart),
        HEART_TEST(a_pause_that_the_disk_refuses_is_none),
        HEART_TEST(a_store_that_cannot_be_read_makes_it_unfit),
        HEART_TEST(a_host_whose_runners_start_is_not_ready),
        HEART_TEST(it_waits_for_the_host_before_it),
        HEART_TEST(a_store_that_does_not_open_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
