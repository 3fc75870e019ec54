/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

static struct store_accept unique_accept(int fingerprint, int64_t until_ms)
{
    struct store_accept in = accept_of("support", "refund");
    in.unique = true;
    in.fingerprint[0] = (unsigned char)fingerprint;
    in.unique_until_ms = until_ms;
    return in;
}

static struct store_accept keyed_accept(const char *key, int body)
{
    struct store_accept in = accept_of("support", "refund");
    in.idempotency_key = text_of(key);
    in.caller = TEXT("key_1");
    in.body_hash[0] = (unsigned char)body;
    return in;
}

static enum store_outcome try_accept(struct fixture *f, const char *run,
                                     const struct store_accept *in, char existing[ID_BYTES])
{
    struct store_order o = acceptance(run, in, 1);
    enum store_outcome outcome = write_order(f, &o);
    snprintf(existing, ID_BYTES, "%s", o.existing);
    return outcome;
}

static void the_second_of_two_equal_claims_names_the_first(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = unique_accept(1, 0), other = unique_accept(2, 0);
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &in, existing), STORE_DONE);
    assert_string_equal(existing, "");
    assert_int_equal(try_accept(f, "run_b", &in, existing), STORE_DUPLICATE);
    assert_string_equal(existing, "run_a");
    assert_int_equal(try_accept(f, "run_c", &other, existing), STORE_DONE);
    assert_false(get_run(f, "run_b").found);
    assert_int_equal(read_journal(f, "run_b", 1, 1000).end, 0);
}

static void a_claim_is_of_one_trigger(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = unique_accept(1, 0), other = in;
    other.trigger = TEXT("greet");
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &in, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_b", &other, existing), STORE_DONE);
}

static void an_expired_claim_changes_hands(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = unique_accept(1, 2000);
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &in, existing), STORE_DONE);
    in.created_ms = 1999;
    in.unique_until_ms = 2999;
    assert_int_equal(try_accept(f, "run_b", &in, existing), STORE_DUPLICATE);
    in.created_ms = 2000;
    in.unique_until_ms = 3000;
    assert_int_equal(try_accept(f, "run_c", &in, existing), STORE_DONE);
    in.created_ms = 2500;
    assert_int_equal(try_accept(f, "run_d", &in, existing), STORE_DUPLICATE);
    assert_string_equal(existing, "run_c");
}

static void fifty_equal_claims_at_once_make_one_run(void **state)
{
    struct fixture *f = *state;
    enum { N = 50 };
    struct store_accept in = unique_accept(1, 0);
    struct store_order orders[N];
    bool done[N] = {0};
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_%02d", i);
        orders[i] = acceptance(run, &in, 1);
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
    wait_for(&f->loop, &done[N - 1]);
    assert_int_equal(orders[0].outcome, STORE_DONE);
    for (int i = 1; i < N; i++) {
        assert_int_equal(orders[i].outcome, STORE_DUPLICATE);
        assert_string_equal(orders[i].existing, "run_00");
    }
    assert_string_equal(list_runs(f, (struct store_list){0}).text, "00");
}

static void the_same_idempotency_key_and_body_name_the_first_run(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = keyed_accept("k", 1), reused = keyed_accept("k", 2);
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &in, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_b", &in, existing), STORE_REPEATED);
    assert_string_equal(existing, "run_a");
    assert_int_equal(try_accept(f, "run_c", &reused, existing), STORE_KEY_REUSED);
    assert_int_equal(list_runs(f, (struct store_list){0}).count, 1);
}

static void an_idempotency_key_is_of_one_caller_and_trigger(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = keyed_accept("k", 1), caller = in, trigger = in, project = in;
    caller.caller = TEXT("key_2");
    trigger.trigger = TEXT("greet");
    project.project = TEXT("sales");
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &in, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_b", &caller, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_c", &trigger, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_d", &project, existing), STORE_DONE);
}

static void a_refused_unique_claim_takes_its_idempotency_key_back(void **state)
{
    struct fixture *f = *state;
    struct store_accept first = unique_accept(1, 0), both = keyed_accept("k", 1);
    both.unique = true;
    both.fingerprint[0] = 1;
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &first, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_b", &both, existing), STORE_DUPLICATE);
    /* The key is free: another body may use it. */
    struct store_accept free_key = keyed_accept("k", 2);
    assert_int_equal(try_accept(f, "run_c", &free_key, existing), STORE_DONE);
}

static void a_known_key_leaves_no_unique_claim(void **state)
{
    struct fixture *f = *state;
    struct store_accept first = keyed_accept("k", 1), both = first;
    both.unique = true;
    both.fingerprint[0] = 1;
    char existing[ID_BYTES];
    assert_int_equal(try_accept(f, "run_a", &first, existing), STORE_DONE);
    assert_int_equal(try_accept(f, "run_b", &both, existing), STORE_REPEATED);
    struct store_accept unique = unique_accept(1, 0);
    assert_int_equal(try_accept(f, "run_c", &unique, existing), STORE_DONE);
}

static void refusals_leave_the_rest_of_their_group_alone(void **state)
{
    struct fixture *f = *state;
    enum { N = 6 };
    struct store_accept plain = accept_of("support", "refund"), in = unique_accept(1, 0);
    struct store_order orders[N];
    bool done[N] = {0};
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_%d", i);
        orders[i] = acceptance(run, i % 2 ? &in : &plain, 1);
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
    wait_for(&f->loop, &done[N - 1]);
    assert_string_equal(list_runs(f, (struct store_list){0}).text, "4 2 1 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_claims(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_second_of_two_equal_claims_names_the_first),
        TEST(a_claim_is_of_one_trigger),
        TEST(an_expired_claim_changes_hands),
        TEST(fifty_equal_claims_at_once_make_one_run),
        TEST(the_same_idempotency_key_and_body_name_the_first_run),
        TEST(an_idempotency_key_is_of_one_caller_and_trigger),
        TEST(a_refused_unique_claim_takes_its_idempotency_key_back),
        TEST(a_known_key_leaves_no_unique_claim),
        TEST(refusals_leave_the_rest_of_their_group_alone),
    };
    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
