/* SPDX-License-Identifier: MIT */
#include "engine/hub.h"
#include "test.h"

struct listener {
    struct follower follower;
    unsigned heard;
    uint64_t last; /* first of the last news */
    bool leaves;   /* as soon as it hears something */
    struct listener *drops, *invites;
};

static struct hub hub;

static int open_hub(void **state)
{
    (void)state;
    hub_init(&hub);
    return 0;
}

static int close_hub(void **state)
{
    (void)state;
    hub_done(&hub);
    return 0;
}

static void hear(struct follower *f, const struct hub_news *news)
{
    struct listener *l = LIST_ENTRY(f, struct listener, follower);
    l->heard++;
    l->last = news->first;
    if (l->drops)
        hub_leave(&hub, &l->drops->follower);
    if (l->invites)
        hub_join(&hub, news->run, &l->invites->follower, hear);
    l->invites = NULL;
    if (l->leaves)
        hub_leave(&hub, f);
}

static void join(struct listener *l, const char *run)
{
    hub_join(&hub, run, &l->follower, hear);
}

static void leave(struct listener *l)
{
    hub_leave(&hub, &l->follower);
}

static void publish(const char *run, uint64_t first)
{
    hub_publish(&hub, &(struct hub_news){.run = run, .first = first, .count = 1});
}

static void followers_hear_of_their_run_and_of_no_other(void **state)
{
    struct listener a = {0}, b = {0}, other = {0};
    (void)state;
    join(&a, "run_1");
    join(&b, "run_1");
    join(&other, "run_2");
    publish("run_1", 5);
    publish("run_3", 9); /* nobody follows it */
    assert_int_equal(a.last, 5);
    assert_int_equal(b.last, 5);
    assert_int_equal(other.heard, 0);
    leave(&a);
    publish("run_1", 6);
    assert_int_equal(a.heard, 1);
    assert_int_equal(b.last, 6);
    leave(&b);
    leave(&other);
}

static void nothing_is_kept_of_a_run_that_nobody_follows(void **state)
{
    struct listener a = {0};
    (void)state;
    join(&a, "run_1");
    assert_int_equal(hub.topics.count, 1);
    leave(&a);
    leave(&a); /* harmless twice */
    assert_int_equal(hub.topics.count, 0);
}

static void one_may_leave_while_it_hears(void **state)
{
    struct listener a = {.leaves = true}, b = {0};
    (void)state;
    join(&a, "run_1");
    join(&b, "run_1");
    publish("run_1", 1);
    publish("run_1", 2);
    assert_int_equal(a.heard, 1);
    assert_int_equal(b.heard, 2);
    b.leaves = true;
    publish("run_1", 3); /* the last one */
    assert_int_equal(hub.topics.count, 0);
}

static void one_may_drop_another_while_it_hears(void **state)
{
    struct listener second = {0}, first = {.drops = &second};
    (void)state;
    join(&first, "run_1");
    join(&second, "run_1");
    publish("run_1", 1);
    assert_int_equal(first.heard, 1);
    assert_int_equal(second.heard, 0); /* it stood behind and was gone before its turn */
    leave(&first);
    assert_int_equal(hub.topics.count, 0);
}

/* It has read up to here by itself, so this chunk would be news that it knows. */
static void who_joins_during_the_news_hears_the_next(void **state)
{
    struct listener late = {0}, first = {.invites = &late};
    (void)state;
    join(&first, "run_1");
    publish("run_1", 1);
    assert_int_equal(late.heard, 0);
    publish("run_1", 2);
    assert_int_equal(late.heard, 1);
    assert_int_equal(late.last, 2);
    leave(&first);
    leave(&late);
}

static void a_topic_outlives_a_moment_without_followers(void **state)
{
    struct listener next = {0}, only = {.invites = &next, .leaves = true};
    (void)state;
    join(&only, "run_1");
    publish("run_1", 1); /* it invites the next one, then leaves */
    publish("run_1", 2);
    assert_int_equal(next.last, 2);
    leave(&next);
    assert_int_equal(hub.topics.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_hub, close_hub)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(followers_hear_of_their_run_and_of_no_other),
        TEST(nothing_is_kept_of_a_run_that_nobody_follows),
        TEST(one_may_leave_while_it_hears),
        TEST(one_may_drop_another_while_it_hears),
        TEST(who_joins_during_the_news_hears_the_next),
        TEST(a_topic_outlives_a_moment_without_followers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
