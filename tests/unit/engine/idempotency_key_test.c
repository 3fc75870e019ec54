/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

static struct answer first, second;

static const char *fire_with_key(struct answer *a, const char *key, const char *body,
                                 int64_t wait_ms)
{
    struct call call = heart_call(body);
    call.idempotency_key = text_of(key);
    call.caller = TEXT("key_a");
    call.wait_ms = wait_ms;
    heart_fire_call(a, &call);
    return a->fired;
}

static void accept_with_key(struct answer *a, const char *key, const char *body, int64_t wait_ms)
{
    heart_admit(fire_with_key(a, key, body, wait_ms));
    heart_settle();
}

static void a_repeat_while_the_run_goes_on_waits_for_the_same_end(void **state)
{
    (void)state;
    accept_with_key(&first, "k", "{}", 1000);
    accept_with_key(&second, "k", "{}", 1000);
    heart_expect(second.fired, RUN_GONE, 0);
    assert_int_equal(second.count, 0);
    heart_finish(first.fired, "7");
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    heart_expect_answer(&second, VERDICT_COMPLETED, "completed");
    assert_string_equal(second.run, first.run);
    assert_string_equal(second.session, first.session);
    assert_string_equal(second.result, "7");
}

static void a_repeat_after_the_end_gets_the_result_at_once(void **state)
{
    (void)state;
    accept_with_key(&first, "k", "{}", 1000);
    heart_finish(first.fired, "7");
    heart_settle();
    accept_with_key(&second, "k", "{}", 1000);
    heart_expect_answer(&second, VERDICT_COMPLETED, "completed");
    assert_string_equal(second.run, first.run);
    assert_string_equal(second.result, "7");
}

static void a_repeat_that_does_not_wait_is_told_the_state(void **state)
{
    (void)state;
    accept_with_key(&first, "k", "{}", 0);
    accept_with_key(&second, "k", "{}", 0);
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
    assert_string_equal(second.run, first.run);
}

static void a_key_with_another_body_is_reused(void **state)
{
    (void)state;
    accept_with_key(&first, "k", "{\"id\":1}", 0);
    accept_with_key(&second, "k", "{\"id\":2}", 0);
    heart_expect_answer(&second, VERDICT_KEY_REUSED, "");
    assert_string_equal(second.run, first.run);
}

static void a_key_is_of_its_caller(void **state)
{
    struct call call = heart_call("{\"id\":2}");
    (void)state;
    accept_with_key(&first, "k", "{\"id\":1}", 0);
    call.idempotency_key = TEXT("k");
    call.caller = TEXT("key_b");
    heart_fire_call(&second, &call);
    heart_admit(second.fired);
    heart_settle();
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
    assert_string_not_equal(second.run, first.run);
}

static void a_delivery_is_a_repeat_whatever_its_body(void **state)
{
    struct call call = heart_call("{\"try\":1}");
    (void)state;
    call.idempotency_key = TEXT("delivery-1");
    call.delivery = true;
    heart_fire_call(&first, &call);
    heart_admit(first.fired);
    heart_settle();
    call.body = TEXT("{\"try\":2}");
    heart_fire_call(&second, &call);
    heart_admit(second.fired);
    heart_settle();
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
    assert_string_equal(second.run, first.run);
}

/* The first answer holds, also when the filter has changed since. */
static void a_known_key_comes_before_the_data_filter(void **state)
{
    (void)state;
    accept_with_key(&first, "k", "{\"amount\":500}", 0);
    heart_serve("\"filter\":[[\"amount\",\"<\",100]]");
    fire_with_key(&second, "k", "{\"amount\":500}", 0);
    heart_settle();
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
    assert_string_equal(second.run, first.run);
    fire_with_key(&second, "k", "{\"amount\":501}", 0);
    heart_settle();
    heart_expect_answer(&second, VERDICT_KEY_REUSED, "");
    fire_with_key(&second, "another", "{\"amount\":500}", 0);
    heart_settle();
    heart_expect_answer(&second, VERDICT_FILTERED, "");
    assert_string_equal(second.detail, "amount < 100");
}

static void a_known_key_comes_before_the_filter_function(void **state)
{
    (void)state;
    accept_with_key(&first, "k", "{}", 0);
    fire_with_key(&second, "k", "{}", 0);
    assert_true(fake_pool_say(heart_tag(second.fired), FRAME_DROPPED, "t", "no"));
    heart_settle();
    heart_expect_answer(&second, VERDICT_ACCEPTED, "running");
    assert_string_equal(second.run, first.run);
}

static void a_key_that_cannot_be_looked_up_is_a_store_failure(void **state)
{
    (void)state;
    heart_serve("\"filter\":[[\"amount\",\"<\",100]]");
    fake_store_fail_reads(heart.store, 1);
    fire_with_key(&first, "k", "{\"amount\":500}", 0);
    heart_settle();
    heart_expect_answer(&first, VERDICT_STORE, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_repeat_while_the_run_goes_on_waits_for_the_same_end),
        HEART_TEST(a_repeat_after_the_end_gets_the_result_at_once),
        HEART_TEST(a_repeat_that_does_not_wait_is_told_the_state),
        HEART_TEST(a_key_with_another_body_is_reused),
        HEART_TEST(a_key_is_of_its_caller),
        HEART_TEST(a_delivery_is_a_repeat_whatever_its_body),
        HEART_TEST(a_known_key_comes_before_the_data_filter),
        HEART_TEST(a_known_key_comes_before_the_filter_function),
        HEART_TEST(a_key_that_cannot_be_looked_up_is_a_store_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
