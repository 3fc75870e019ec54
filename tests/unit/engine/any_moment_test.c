/* SPDX-License-Identifier: MIT */
/* One run, whose script makes a call, sleeps and ends, is led from its call to its end one move at
 * a time. At each moment something goes wrong, and soon after something else. Whatever it was: what
 * a caller was told holds, the journal is whole, and nothing is left. */
#include "fakes/heart.h"

#include <string.h>

enum { MOMENTS = 24, MOVES_MAX = 400, RUNNERS = 2 };

static struct answer caller;
static struct reader reader;
static bool wished; /* somebody has asked for it to be cancelled */

/* ---- the script, as its runner sends it; a replay says the same again */

static struct {
    uint64_t tag;
    unsigned said; /* frames since it was started */
} actor;

/* Says what comes next, when the answer that it needs is there. */
static bool say_next(const char *run)
{
    const struct fake_seat *seat = fake_pool_seat(run);
    if (!seat)
        return false;
    if (seat->tag != actor.tag) {
        actor.tag = seat->tag;
        actor.said = 0;
    }
    switch (actor.said) {
    case 0:
        heart_admit(run);
        break;
    case 1:
        heart_ask(run, 1, "http", "{\"method\":\"POST\",\"url\":\"https://a.example/\"}");
        break;
    case 2:
        heart_rest(run, 0);
        break;
    case 3:
        if (heart_answers(run) < 1)
            return false;
        heart_ask(run, 2, "sleep", "{\"ms\":7000}");
        break;
    case 4:
        heart_rest(run, 1);
        break;
    default:
        if (heart_answers(run) < 2)
            return false;
        heart_finish(run, "\"done\"");
    }
    actor.said++;
    return true;
}

static bool answer_call(const char *run)
{
    char key[64];
    if (fake_http.count == 0)
        return false;
    snprintf(key, sizeof key, "%s-1", run);
    assert_string_equal(fake_http_header(fake_http.calls[0], "Idempotency-Key"), key);
    fake_http_reply(0, 200, NULL);
    return true;
}

/* One thing happens. */
static void move(const char *run)
{
    const struct timers *ts = &heart.e->timers;
    if (say_next(run))
        return;
    heart_turn();
    if (fake_store_step(heart.store) || answer_call(run))
        return;
    int64_t left_ms = ts->heap[0]->due_ms - clock_mono_ms(&heart.clock.clock);
    fake_clock_pass(&heart.clock, &heart.e->timers, left_ms > 0 ? left_ms : 0);
}

/* ---- what goes wrong */

static void start_again(void)
{
    fake_store_fail_reads(heart.store, 0); /* of what it needs to be ready */
    heart_start();
    actor.tag = 0; /* it begins with its names anew */
}

static void kill_host(const char *run)
{
    (void)run;
    heart_kill();
    start_again();
}

static void stop_host(const char *run)
{
    (void)run;
    heart_stop();
    start_again();
}

static void lose_runners(const char *run)
{
    (void)run;
    for (unsigned i = 0; i < RUNNERS; i++)
        fake_pool_lose(i, POOL_KILLED, 0);
}

static void cancel_run(const char *run)
{
    wished = true;
    heart_cancel(run);
}

static void fail_write(const char *run)
{
    (void)run;
    fake_store_fail(heart.store, 1);
}

static void fail_read(const char *run)
{
    (void)run;
    fake_store_fail_reads(heart.store, 1);
}

static void (*const troubles[])(const char *run) = {
    kill_host, stop_host, lose_runners, cancel_run, fail_write, fail_read,
};

/* ---- from the call to the end */

static void expect_whole(const char *run)
{
    struct store_run row = heart_row(run);
    const char *journal = heart_journal(run);
    bool cancelled = row.status == STORE_CANCELLED;
    assert_true(cancelled || row.status == STORE_COMPLETED);
    assert_true(cancelled || text_is(row.result, "\"done\""));
    assert_memory_equal(journal, "accepted started", 16);
    assert_string_equal(strrchr(journal, ' ') + 1, cancelled ? "cancelled" : "completed");
    assert_int_equal(row.wake_ms, 0);
    assert_null(row.waiting.data);
    assert_true(cancelled ? wished : heart_cancelled[VERDICT_ACCEPTED] == 0);
}

static bool is_over(const char *run)
{
    const struct store_run *row = fake_store_row(heart.store, run);
    return heart.e->runs.count == 0 && engine_quiet(heart.e) && list_empty(&heart.e->cancels) &&
           (!row || store_status_final(row->status));
}

static void live(size_t one, int at, size_t other, int later)
{
    char run[ID_BYTES];
    memset(heart_cancelled, 0, sizeof heart_cancelled);
    actor.tag = 0;
    wished = false;
    fake_store_fail(heart.store, 0);
    fake_store_fail_reads(heart.store, 0);
    heart_fire(&caller, "{}", 0);
    snprintf(run, sizeof run, "%s", caller.fired);
    heart_follow(&reader, run);
    int moves = 0;
    for (; moves <= later || !is_over(run); moves++) {
        assert_true(moves < MOVES_MAX);
        if (moves == at || moves == later)
            hub_leave(&heart.e->hub, &reader.follower); /* its host may go */
        if (moves == at)
            troubles[one](run);
        if (moves == later)
            troubles[other](run);
        move(run);
    }
    fake_store_fail(heart.store, 0);
    fake_store_fail_reads(heart.store, 0);
    heart_settle();
    bool told = caller.count > 0 && caller.verdict == VERDICT_ACCEPTED;
    assert_true(!told || heart_row(run).run[0]);
    if (heart_row(run).run[0])
        expect_whole(run);
    assert_false(heart_on_runner(run));
    assert_int_equal(heart.e->tickets, 0);
    assert_int_equal(heart.e->hub.topics.count, 0);
    assert_int_equal(fake_http.count, 0);
}

static void open_with_runners(void)
{
    heart_stop();
    heart.runners = RUNNERS;
    heart_start();
}

static void one_trouble_at_any_moment_is_survived(void **state)
{
    (void)state;
    open_with_runners();
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
        for (int at = 0; at < MOMENTS; at++)
            live(i, at, i, at);
}

static void two_troubles_soon_after_one_another_are_survived(void **state)
{
    (void)state;
    open_with_runners();
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
        for (size_t j = 0; j < ARRAY_LEN(troubles); j++)
            for (int at = 0; at < MOMENTS; at++)
                live(i, at, j, at + 1 + (int)((size_t)at + i + j) % 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(one_trouble_at_any_moment_is_survived),
        HEART_TEST(two_troubles_soon_after_one_another_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
