/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/rate.h"

enum { SECOND = 1000000 };

static int taken(int64_t *until, int64_t per_minute, int64_t now, int tries)
{
    int count = 0;
    for (int i = 0; i < tries; i++)
        count += rate_take(until, per_minute, now) == 0;
    return count;
}

static void a_minutes_worth_may_come_at_once(void **state)
{
    (void)state;
    for (int64_t rate = 1; rate <= 600; rate++) {
        int64_t until = 0;
        assert_int_equal(taken(&until, rate, 5 * SECOND, 2 * (int)rate), rate);
    }
}

static void then_they_come_evenly(void **state)
{
    (void)state;
    int64_t until = 0, now = 7;
    assert_int_equal(taken(&until, 6, now, 10), 6);
    int64_t wait = rate_take(&until, 6, now);
    assert_int_equal(wait, 10 * SECOND);
    assert_int_equal(rate_take(&until, 6, now + wait - 1), 1);
    assert_int_equal(taken(&until, 6, now + wait, 10), 1);
    assert_int_equal(taken(&until, 6, now + 3 * wait, 10), 2);
}

static void a_quiet_minute_fills_it_and_no_more(void **state)
{
    (void)state;
    int64_t until = 0;
    assert_int_equal(taken(&until, 60, 0, 100), 60);
    assert_int_equal(taken(&until, 60, 3600LL * SECOND, 100), 60);
}

static void the_largest_rate_still_counts(void **state)
{
    (void)state;
    int64_t until = 0;
    assert_int_equal(taken(&until, RATE_MOST, 0, 2 * RATE_MOST), RATE_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minutes_worth_may_come_at_once),
        cmocka_unit_test(then_they_come_evenly),
        cmocka_unit_test(a_quiet_minute_fills_it_and_no_more),
        cmocka_unit_test(the_largest_rate_still_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
