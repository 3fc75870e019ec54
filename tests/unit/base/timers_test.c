/* SPDX-License-Identifier: MIT */
#include "base/timers.h"
#include "fakes/clock.h"
#include "test.h"

enum { MANY = 500 };

struct alarm {
    struct timer timer;
    int64_t rang_ms; /* 0: not yet */
    unsigned rings;
    struct alarm *other; /* set or dropped when this one rings */
};

static uv_loop_t loop;
static struct fake_clock now;
static struct timers timers;

static int open_timers(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    fake_clock_init(&now);
    timers_init(&timers, &loop, &now.clock);
    return 0;
}

static int close_timers(void **state)
{
    (void)state;
    timers_close(&timers, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void ring(struct timer *t)
{
    struct alarm *a = (struct alarm *)t;
    a->rang_ms = clock_mono_ms(&now.clock);
    a->rings++;
}

static void ring_and_drop(struct timer *t)
{
    ring(t);
    timers_drop(&timers, &((struct alarm *)t)->other->timer);
}

static void ring_and_set_again(struct timer *t)
{
    ring(t);
    timers_set(&timers, t, 0, ring_and_set_again);
}

static void deadlines_fire_in_their_order_and_at_their_time(void **state)
{
    static struct alarm alarms[MANY];
    int64_t start = clock_mono_ms(&now.clock);
    (void)state;
    for (int i = 0; i < MANY; i++) /* 7 and MANY have no common factor: each delay once */
        timers_set(&timers, &alarms[i].timer, 10 + i * 7 % MANY, ring);
    fake_clock_pass(&now, &timers, 9);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(alarms[i].rings, 0);
    fake_clock_pass(&now, &timers, MANY + 10);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(alarms[i].rings, 1);
        assert_int_equal(alarms[i].rang_ms, start + 10 + i * 7 % MANY);
        assert_false(timers_is_set(&alarms[i].timer));
    }
}

static void a_dropped_deadline_does_not_fire(void **state)
{
    static struct alarm alarms[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++)
        timers_set(&timers, &alarms[i].timer, 1 + i * 7 % MANY, ring);
    for (int i = 0; i < MANY; i += 3)
        timers_drop(&timers, &alarms[i].timer);
    timers_drop(&timers, &alarms[0].timer); /* harmless twice */
    fake_clock_pass(&now, &timers, MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(alarms[i].rings, i % 3 != 0);
}

static void setting_a_set_deadline_moves_it(void **state)
{
    struct alarm later = {0}, sooner = {0};
    int64_t start = clock_mono_ms(&now.clock);
    (void)state;
    timers_set(&timers, &later.timer, 10, ring);
    timers_set(&timers, &sooner.timer, 1000, ring);
    timers_set(&timers, &later.timer, 500, ring);
    timers_set(&timers, &sooner.timer, 20, ring);
    fake_clock_pass(&now, &timers, 2000);
    assert_int_equal(sooner.rang_ms, start + 20);
    assert_int_equal(later.rang_ms, start + 500);
    assert_int_equal(later.rings + sooner.rings, 2);
}

static void one_may_drop_another_that_is_due_with_it(void **state)
{
    struct alarm second = {0}, first = {.other = &second};
    (void)state;
    timers_set(&timers, &first.timer, 10, ring_and_drop);
    timers_set(&timers, &second.timer, 11, ring);
    now.mono_us += 20000; /* both are late: one tick fires them */
    fake_clock_pass(&now, &timers, 0);
    assert_int_equal(first.rings, 1);
    assert_int_equal(second.rings, 0);
}

static void one_that_is_set_again_for_now_waits_for_the_next_tick(void **state)
{
    struct alarm a = {0};
    (void)state;
    timers_set(&timers, &a.timer, 0, ring_and_set_again);
    fake_clock_pass(&now, &timers, 3); /* a delay of 0 is 1 ms: three ticks */
    assert_int_equal(a.rings, 3);
    timers_drop(&timers, &a.timer);
}

static void a_jump_of_the_wall_clock_moves_nothing(void **state)
{
    struct alarm a = {0};
    (void)state;
    timers_set(&timers, &a.timer, 100, ring);
    now.wall_ms += INT64_C(86400000);
    fake_clock_pass(&now, &timers, 99);
    assert_int_equal(a.rings, 0);
    fake_clock_pass(&now, &timers, 1);
    assert_int_equal(a.rings, 1);
}

static void closing_lets_go_of_what_is_set(void **state)
{
    struct alarm a = {0};
    (void)state;
    timers_set(&timers, &a.timer, 100, ring);
    close_timers(NULL);
    assert_false(timers_is_set(&a.timer)); /* its owner may still drop it */
    timers_drop(&timers, &a.timer);
    open_timers(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_fire_in_their_order_and_at_their_time),
        cmocka_unit_test(a_dropped_deadline_does_not_fire),
        cmocka_unit_test(setting_a_set_deadline_moves_it),
        cmocka_unit_test(one_may_drop_another_that_is_due_with_it),
        cmocka_unit_test(one_that_is_set_again_for_now_waits_for_the_next_tick),
        cmocka_unit_test(a_jump_of_the_wall_clock_moves_nothing),
        cmocka_unit_test(closing_lets_go_of_what_is_set),
    };
    return cmocka_run_group_tests(tests, open_timers, close_timers);
}
