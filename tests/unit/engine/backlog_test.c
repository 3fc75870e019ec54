/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include <string.h>

enum { RUNS = 5 };
static struct answer runs[RUNS];

static void fire_all(int64_t room)
{
    heart.config->runs_per_runner = room;
    for (int i = 0; i < RUNS; i++)
        heart_fire(&runs[i], "{}", 0);
}

static void expect_on_runner(int count)
{
    heart_settle();
    for (int i = 0; i < RUNS; i++)
        assert_int_equal(heart_on_runner(runs[i].fired), i < count);
    assert_int_equal(heart.e->backlog.count, RUNS - count);
}

static void runs_wait_until_a_runner_has_room_and_start_in_their_order(void **state)
{
    (void)state;
    fire_all(1);
    for (int i = 0; i < RUNS; i++) {
        assert_true(heart_on_runner(runs[i].fired));
        assert_int_equal(heart.e->backlog.count, RUNS - 1 - i);
        heart_admit(runs[i].fired);
        heart_finish(runs[i].fired, "1");
        heart_settle();
        heart_expect_answer(&runs[i], VERDICT_ACCEPTED, "running");
    }
}

static void a_run_that_waits_makes_room(void **state)
{
    (void)state;
    fire_all(2);
    expect_on_runner(2);
    heart_admit(runs[0].fired);
    heart_ask_sleep(runs[0].fired, 100);
    expect_on_runner(2);
    heart_rest(runs[0].fired, 0);
    expect_on_runner(3);
}

static void a_run_that_the_filter_drops_makes_room(void **state)
{
    (void)state;
    fire_all(2);
    assert_true(fake_pool_say(heart_tag(runs[0].fired), FRAME_DROPPED, "t", NULL));
    heart_settle();
    assert_true(heart_on_runner(runs[2].fired));
    assert_false(heart_on_runner(runs[3].fired));
}

static void a_run_that_the_store_refuses_makes_room(void **state)
{
    (void)state;
    heart_serve("\"unique\":true");
    fire_all(2);
    heart_admit(runs[0].fired);
    heart_admit(runs[1].fired);
    heart_settle();
    heart_expect_answer(&runs[1], VERDICT_DUPLICATE, "");
    assert_true(heart_on_runner(runs[2].fired));
    assert_false(heart_on_runner(runs[3].fired));
}

/* What comes back counts too, so that a crowd that is rebuilt does not start new ones beside it. */
static void a_fresh_runner_takes_the_lost_and_no_more_than_it_has_room_for(void **state)
{
    (void)state;
    fire_all(2);
    heart_admit(runs[0].fired);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    assert_true(heart_on_runner(runs[0].fired));
    assert_int_equal(heart.e->placements.computing[0],
                     fake_pool.seat_count); /* nobody waits on it */
    for (int i = 0; i < RUNS; i++)
        assert_true(heart_on_runner(runs[i].fired) || heart_state(runs[i].fired) == RUN_QUEUED);
}

static void a_client_that_hangs_up_does_not_lose_its_place(void **state)
{
    (void)state;
    fire_all(1);
    heart_hang_up(&runs[1]);
    heart_admit(runs[0].fired);
    heart_finish(runs[0].fired, "1");
    heart_settle();
    assert_true(heart_on_runner(runs[1].fired));
}

static void new_runs_go_to_the_runner_with_the_least_to_do(void **state)
{
    (void)state;
    heart_stop();
    heart.runners = 3;
    heart_start();
    fire_all(10);
    unsigned on[3] = {0};
    for (int i = 0; i < RUNS; i++)
        on[fake_pool_seat(runs[i].fired)->runner]++;
    assert_int_equal(on[0], 2);
    assert_int_equal(on[1], 2);
    assert_int_equal(on[2], 1);
}

static void the_backlog_of_a_host_that_closes_is_gone(void **state)
{
    (void)state;
    fire_all(1);
    heart_stop();
    heart_start();
    for (int i = 0; i < RUNS; i++)
        heart_expect(runs[i].fired, RUN_GONE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(runs_wait_until_a_runner_has_room_and_start_in_their_order),
        HEART_TEST(a_run_that_waits_makes_room),
        HEART_TEST(a_run_that_the_filter_drops_makes_room),
        HEART_TEST(a_run_that_the_store_refuses_makes_room),
        HEART_TEST(a_fresh_runner_takes_the_lost_and_no_more_than_it_has_room_for),
        HEART_TEST(a_client_that_hangs_up_does_not_lose_its_place),
        HEART_TEST(new_runs_go_to_the_runner_with_the_least_to_do),
        HEART_TEST(the_backlog_of_a_host_that_closes_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
