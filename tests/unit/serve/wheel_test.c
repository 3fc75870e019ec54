/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "serve/door/door_wheel.h"
#include <stdbool.h>
#include <stdlib.h>

enum { NODES = 2000 };

struct alarm {
    struct wheel_node node;
    int64_t due_ms, fired_ms;
    int times;
};

static int64_t now;
static struct wheel wheel;

static void note(void *arg, struct wheel_node *n)
{
    (void)arg;
    struct alarm *a = LIST_ENTRY(n, struct alarm, node);
    a->fired_ms = now;
    a->times++;
}

static void step_to(int64_t end_ms, int64_t step_ms)
{
    while (now < end_ms) {
        now += step_ms;
        wheel_advance(&wheel, now, note, NULL);
    }
}

static void set(struct alarm *a, int64_t due_ms)
{
    a->due_ms = due_ms;
    wheel_set(&wheel, &a->node, due_ms);
}

static void start(int64_t at_ms)
{
    now = at_ms;
    wheel_init(&wheel, now);
}

static void deadline_fires_once_never_early_and_one_tick_late_at_most(void **state)
{
    (void)state;
    static struct alarm alarms[NODES];
    start(12345);
    srand(7);
    for (int i = 0; i < NODES; i++) {
        alarms[i] = (struct alarm){.times = 0};
        wheel_node_init(&alarms[i].node);
        set(&alarms[i], now + 1 + rand() % 300000); /* up to six rounds of the wheel */
    }
    step_to(now + 300200, 37);
    for (int i = 0; i < NODES; i++) {
        assert_int_equal(alarms[i].times, 1);
        assert_true(alarms[i].fired_ms >= alarms[i].due_ms);
        assert_true(alarms[i].fired_ms < alarms[i].due_ms + WHEEL_TICK_MS + 37);
    }
    assert_int_equal(wheel.armed, 0);
}

static void a_moved_deadline_fires_at_the_new_time_only(void **state)
{
    (void)state;
    struct alarm a = {.times = 0};
    start(0);
    wheel_node_init(&a.node);
    set(&a, 500);
    set(&a, 5000);
    assert_int_equal(wheel.armed, 1);
    step_to(4900, 100);
    assert_int_equal(a.times, 0);
    step_to(5100, 100);
    assert_int_equal(a.times, 1);
}

static void a_dropped_deadline_never_fires(void **state)
{
    (void)state;
    struct alarm a = {.times = 0};
    start(0);
    wheel_node_init(&a.node);
    wheel_drop(&wheel, &a.node);
    set(&a, 300);
    wheel_drop(&wheel, &a.node);
    wheel_drop(&wheel, &a.node);
    step_to(100000, 100);
    assert_int_equal(a.times, 0);
    assert_int_equal(wheel.armed, 0);
}

static void a_deadline_in_the_past_fires_on_the_next_tick(void **state)
{
    (void)state;
    struct alarm a = {.times = 0};
    start(50000);
    wheel_advance(&wheel, now, note, NULL);
    wheel_node_init(&a.node);
    set(&a, 10);
    step_to(now + 2 * WHEEL_TICK_MS, WHEEL_TICK_MS);
    assert_int_equal(a.times, 1);
}

static void a_long_sleep_fires_everything_due(void **state)
{
    (void)state;
    static struct alarm alarms[NODES];
    start(0);
    for (int i = 0; i < NODES; i++) {
        alarms[i] = (struct alarm){.times = 0};
        wheel_node_init(&alarms[i].node);
        set(&alarms[i], i * 100);
    }
    now = 10000000;
    wheel_advance(&wheel, now, note, NULL);
    for (int i = 0; i < NODES; i++)
        assert_int_equal(alarms[i].times, 1);
}

struct again {
    struct wheel_node node;
    int times;
};

static void set_again(void *arg, struct wheel_node *n)
{
    (void)arg;
    struct again *a = LIST_ENTRY(n, struct again, node);
    a->times++;
    wheel_set(&wheel, n, now); /* due already: must wait for the next tick, not spin */
}

static void firing_may_set_the_same_deadline_again(void **state)
{
    (void)state;
    struct again a = {.times = 0};
    start(0);
    wheel_node_init(&a.node);
    wheel_set(&wheel, &a.node, 100);
    for (now = 100; now <= 1000; now += 100)
        wheel_advance(&wheel, now, set_again, NULL);
    assert_int_equal(a.times, 10);
    wheel_drop(&wheel, &a.node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadline_fires_once_never_early_and_one_tick_late_at_most),
        cmocka_unit_test(a_moved_deadline_fires_at_the_new_time_only),
        cmocka_unit_test(a_dropped_deadline_never_fires),
        cmocka_unit_test(a_deadline_in_the_past_fires_on_the_next_tick),
        cmocka_unit_test(a_long_sleep_fires_everything_due),
        cmocka_unit_test(firing_may_set_the_same_deadline_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
