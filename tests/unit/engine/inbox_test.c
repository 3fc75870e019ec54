/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "engine/inbox.h"
#include <string.h>

static struct answer first;
static const char planted[] = "run_01k00000000000000000000000";

static enum store_outcome outcome;
static char why[ERROR_TEXT];
static unsigned called;

static void on_put(void *arg, enum store_outcome o, const struct error *err)
{
    (void)arg;
    called++;
    outcome = o;
    snprintf(why, sizeof why, "%s", err ? err->text : "");
}

static void put(const char *run)
{
    called = 0;
    inbox_put(heart.e, run, "cancel", TEXT_NONE, on_put, NULL);
}

static void expect_outcome(enum store_outcome o)
{
    assert_int_equal(called, 1);
    assert_int_equal(outcome, o);
}

static size_t letters;

static void on_letters(void *arg, const struct store_inbox *rows, size_t count,
                       const struct error *err)
{
    (void)arg;
    (void)rows;
    assert_null(err);
    letters = count;
}

static size_t count_letters(const char *run)
{
    store_read_inbox(heart.store, run, 0, on_letters, NULL);
    fake_store_run(heart.store);
    return letters;
}

static void plant_parked(const char *letter, int count)
{
    struct heart_planted p = {.status = STORE_WAITING, .letter = letter, .letters = count};
    p.wake_ms = heart.clock.wall_ms + 3600000;
    memcpy(p.version, heart_trigger()->current->hash, SHA256_BYTES);
    heart_plant(planted, &p);
}

/* ---- putting */

static void it_is_said_to_be_put_once_it_is_on_disk_and_taken_after_that(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    put(first.fired);
    heart_turn();
    assert_int_equal(called, 0);
    assert_int_equal(heart_state(first.fired), RUN_GOING);
    assert_true(fake_store_step(heart.store));
    expect_outcome(STORE_DONE);
    assert_int_equal(heart_state(first.fired), RUN_ENDED);
}

static void who_puts_hears_why_it_is_not(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    put(planted);
    heart_settle();
    expect_outcome(STORE_NO_RUN);
    heart_finish(first.fired, "1");
    heart_settle();
    put(first.fired);
    heart_settle();
    expect_outcome(STORE_ENDED);
    fake_store_fail(heart.store, 1);
    put(first.fired);
    heart_settle();
    expect_outcome(STORE_BROKEN);
    assert_non_null(strstr(why, "disk full"));
    assert_true(heart.e->outage.broken);
}

static void an_inbox_has_room_for_so_many(void **state)
{
    (void)state;
    plant_parked("signal", STORE_INBOX_MAX);
    put(planted);
    heart_settle();
    expect_outcome(STORE_FULL);
    heart_cancel(planted);
    heart_settle();
    assert_int_equal(heart_cancelled[VERDICT_OVERLOADED], 1);
}

static void a_write_that_succeeds_ends_the_outage(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    fake_store_fail(heart.store, 1);
    put(first.fired);
    heart_settle();
    assert_true(heart.e->outage.broken);
    put(first.fired);
    heart_settle();
    assert_false(heart.e->outage.broken);
    heart_expect(first.fired, RUN_GONE, STORE_CANCELLED);
}

/* ---- taking */

static void what_is_taken_goes_with_what_it_led_to(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    put(first.fired);
    assert_true(fake_store_step(heart.store));
    assert_int_equal(count_letters(first.fired), 1);
    heart_settle();
    assert_int_equal(count_letters(first.fired), 0);
}

static void a_row_that_is_there_at_the_start_wakes_its_run(void **state)
{
    (void)state;
    plant_parked("cancel", 1);
    heart_stop();
    heart_start();
    heart_expect(planted, RUN_GONE, STORE_CANCELLED);
    assert_int_equal(count_letters(planted), 0);
}

/* An older host wrote it, or a newer one. */
static void a_kind_that_nobody_knows_is_taken_and_dropped(void **state)
{
    (void)state;
    plant_parked("telegram", 3);
    heart_stop();
    heart_start();
    heart_expect(planted, RUN_GOING, STORE_RUNNING);
    assert_int_equal(count_letters(planted), 0);
    assert_string_equal(heart_journal(planted), "resumed");
}

static void what_comes_behind_the_look_is_looked_for_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_true(fake_store_step(heart.store)); /* the row */
    assert_true(fake_store_step(heart.store)); /* the inbox, which is empty */
    put(first.fired);
    fake_store_hold(heart.store, false);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_CANCELLED);
}

static void a_host_that_is_killed_while_the_run_is_rebuilt_leaves_the_row(void **state)
{
    (void)state;
    plant_parked("cancel", 1);
    rebuild_parked(heart.e, planted, "cancel");
    heart_turn();
    heart_kill();
    assert_int_equal(count_letters(planted), 1);
    heart_start();
    heart_expect(planted, RUN_GONE, STORE_CANCELLED);
}

static void a_run_that_has_ended_takes_nothing_more(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    put(first.fired);
    heart_finish(first.fired, "1");
    assert_true(fake_store_step(heart.store));
    expect_outcome(STORE_DONE);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
    assert_int_equal(count_letters(first.fired), 0); /* the end has swept it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(it_is_said_to_be_put_once_it_is_on_disk_and_taken_after_that),
        HEART_TEST(who_puts_hears_why_it_is_not),
        HEART_TEST(an_inbox_has_room_for_so_many),
        HEART_TEST(a_write_that_succeeds_ends_the_outage),
        HEART_TEST(what_is_taken_goes_with_what_it_led_to),
        HEART_TEST(a_row_that_is_there_at_the_start_wakes_its_run),
        HEART_TEST(a_kind_that_nobody_knows_is_taken_and_dropped),
        HEART_TEST(what_comes_behind_the_look_is_looked_for_again),
        HEART_TEST(a_host_that_is_killed_while_the_run_is_rebuilt_leaves_the_row),
        HEART_TEST(a_run_that_has_ended_takes_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
