/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "engine/inbox.h"
#include "engine/inbox_kinds.h"
#include "engine/ops.h"
#include "engine/rebuild.h"
#include "wire/record_type.h"
#include <stdlib.h>
#include <string.h>

static struct answer first;
static const char planted[] = "run_01k00000000000000000000000";

static enum store_outcome outcome;
static char why[ERROR_TEXT];
static unsigned called;

static enum store_status how_ended;

static void on_put(void *arg, enum store_outcome o, enum store_status ended,
                   const struct error *err)
{
    (void)arg;
    how_ended = ended;
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
static int64_t last_letter; /* id */

static void on_letters(void *arg, const struct store_inbox *rows, size_t count,
                       const struct error *err)
{
    (void)arg;
    assert_null(err);
    letters = count;
    last_letter = count ? rows[count - 1].id : 0;
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
    assert_int_equal(how_ended, STORE_COMPLETED);
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

/* ---- rows that answer a step */

/* A kind of this test: data is the digit of a step, a blank and the answer. */
static char told[64]; /* the answers that were taken, in order */

static void take_answer(struct run *r, struct text data)
{
    struct op *op = op_find(r, (uint32_t)(data.data[0] - '0'));
    size_t len = strlen(told);
    struct text answer = {data.data + 2, data.len - 2};
    snprintf(told + len, sizeof told - len, "%.5s", op ? data.data : "none ");
    if (op)
        op_done(op, answer);
}

/* The linker gives the engine this one (tests.cmake). */
const struct inbox_kind *__real_inbox_kind_of(struct text name);
const struct inbox_kind *__wrap_inbox_kind_of(struct text name);

const struct inbox_kind *__wrap_inbox_kind_of(struct text name)
{
    static const struct inbox_kind answer = {"answer", take_answer, false};
    return text_is(name, "answer") ? &answer : __real_inbox_kind_of(name);
}

static void put_answer(const char *run, const char *data)
{
    inbox_put(heart.e, run, "answer", text_of(data), on_put, NULL);
}

static void ask(const char *run, uint32_t step)
{
    heart_ask(run, step, "http", "{\"method\":\"GET\",\"url\":\"https://a.example/\"}");
}

/* A run that waits for the answers to so many steps. */
static const char *start_asking(uint32_t steps)
{
    told[0] = '\0';
    heart_start_run(&first, 0);
    for (uint32_t step = 1; step <= steps; step++)
        ask(first.fired, step);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_IDLE, STORE_RUNNING);
    return first.fired;
}

static const char *start_away(uint32_t steps)
{
    start_asking(steps);
    heart_pass(ENGINE_EVICT_MS);
    heart_expect(first.fired, RUN_AWAY, STORE_RUNNING);
    return first.fired;
}

/* The runner says again what the journal has, and rests. */
static void replay(const char *run, uint32_t steps)
{
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    assert_string_equal(told, "");
    for (uint32_t step = 1; step <= steps; step++)
        ask(run, step);
    heart_rest(run, 0);
}

static void a_row_goes_with_the_record_of_the_answer(void **state)
{
    (void)state;
    const char *run = start_asking(1);
    put_answer(run, "1 \"a\"");
    assert_true(fake_store_step(heart.store));
    assert_string_equal(told, "1 \"a\"");
    assert_true(text_is(heart_told(run, 1, true), "\"a\""));
    assert_int_equal(count_letters(run), 1); /* neither is on disk */
    heart_settle();
    assert_int_equal(count_letters(run), 0);
    assert_string_equal(heart_journal(run), "accepted started step.started step.completed");
}

/* What else the run says is written meanwhile. */
static void a_row_for_a_run_that_is_away_stays_until_the_answer_is_on_disk(void **state)
{
    (void)state;
    const char *run = start_away(1);
    put_answer(run, "1 \"a\"");
    heart_settle();
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    assert_string_equal(heart_record(run, RECORD_RUN_RESUMED), "{\"reason\":\"answered\"}");
    assert_int_equal(count_letters(run), 1);
    heart_kill();
    heart_start();
    replay(run, 1);
    assert_string_equal(told, "1 \"a\"");
    heart_kill(); /* it was told, but that is not on disk */
    told[0] = '\0';
    assert_int_equal(count_letters(run), 1);
    heart_start();
    replay(run, 1);
    heart_settle();
    assert_string_equal(told, "1 \"a\"");
    assert_int_equal(count_letters(run), 0);
    assert_string_equal(heart_journal(run), "accepted started step.started resumed resumed resumed "
                                            "step.completed");
}

static void a_row_for_a_run_that_is_returning_waits_for_its_replay(void **state)
{
    (void)state;
    const char *run = start_asking(1);
    put_answer(run, "1 \"a\"");
    ask(run, 2);
    heart_turn();
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_int_equal(heart_state(run), RUN_RETURNING);
    heart_settle();
    assert_int_equal(count_letters(run), 1);
    replay(run, 2);
    heart_settle();
    assert_string_equal(told, "1 \"a\"");
    assert_int_equal(count_letters(run), 0);
}

static void a_row_for_a_run_that_is_parked_waits_for_its_replay(void **state)
{
    (void)state;
    told[0] = '\0';
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    put_answer(first.fired, "1 \"a\"");
    heart_settle();
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
    assert_int_equal(count_letters(first.fired), 1);
    assert_string_equal(told, "");
    heart_ask_sleep(first.fired, 60000);
    assert_string_equal(told, "");
    heart_rest(first.fired, 0);
    heart_settle();
    assert_string_equal(told, "1 \"a\"");
    assert_int_equal(count_letters(first.fired), 0);
}

/* The row comes before, at or behind each read of a run that is rebuilt, and while it replays. */
static void a_row_is_taken_once_whenever_it_comes(void **state)
{
    enum { READS = 4 }; /* row, inbox, journal; and then nothing */
    (void)state;
    for (int before = 0; before <= READS; before++) {
        const char *run = start_asking(1);
        fake_pool_lose(0, POOL_CRASHED, 0);
        assert_int_equal(heart_state(run), RUN_REBUILDING);
        for (int i = 0; i < before; i++)
            fake_store_step(heart.store);
        put_answer(run, "1 \"a\"");
        heart_settle();
        assert_int_equal(count_letters(run), 1);
        replay(run, 1);
        heart_settle();
        assert_string_equal(told, "1 \"a\"");
        assert_int_equal(heart_answers(run), 1);
        assert_int_equal(count_letters(run), 0);
        heart_finish(run, "1");
        heart_settle();
        heart_expect(run, RUN_GONE, STORE_COMPLETED);
    }
}

/* The read of a rebuild may have it before its sender hears that it is on disk. */
static void a_row_that_is_known_already_is_skipped(void **state)
{
    (void)state;
    const char *run = start_away(2);
    put_answer(run, "1 \"a\"");
    heart_settle();
    assert_int_equal(count_letters(run), 1);
    const struct store_inbox again = {
        .id = last_letter, .run = run, .kind = TEXT("answer"), .data = TEXT("1 \"a\"")};
    inbox_receive(run_by_id(heart.e, run), &again);
    replay(run, 2);
    heart_settle();
    inbox_receive(run_by_id(heart.e, run), &again);
    assert_string_equal(told, "1 \"a\"");
    put_answer(run, "2 222");
    heart_settle();
    assert_string_equal(told, "1 \"a\"2 222");
    assert_int_equal(count_letters(run), 0);
}

/* As another host leaves it, which is killed before it takes the row. */
static void leave_row(const char *run, struct text kind, struct text data)
{
    store_inbox_put(heart.store, &(struct store_inbox){.run = run, .kind = kind, .data = data},
                    NULL, NULL);
}

/* What is dropped waits for its turn too: rows are deleted up to one. */
static void rows_are_taken_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    const char *run = start_away(3);
    leave_row(run, TEXT("answer"), TEXT("2 200"));
    leave_row(run, TEXT("telegram"), TEXT_NONE);
    heart_settle();
    heart_stop();
    heart_start();
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    put_answer(run, "3 300");
    heart_settle();
    assert_int_equal(count_letters(run), 3);
    replay(run, 3);
    put_answer(run, "1 100");
    heart_settle();
    assert_string_equal(told, "2 2003 3001 100");
    assert_int_equal(count_letters(run), 0);
}

static void an_answer_that_nobody_waits_for_is_dropped(void **state)
{
    (void)state;
    const char *run = start_asking(1);
    put_answer(run, "9 \"a\"");
    heart_settle();
    assert_string_equal(told, "none ");
    heart_expect(run, RUN_IDLE, STORE_RUNNING);
    assert_int_equal(count_letters(run), 0);
    assert_string_equal(heart_journal(run), "accepted started step.started");
}

/* What a run says may be more than one order takes. */
static void a_row_goes_with_the_order_that_has_its_record(void **state)
{
    enum { LONG = 700 << 10 };
    (void)state;
    const char *run = start_asking(1);
    char *json = malloc(LONG + 1);
    memset(json, ' ', LONG);
    json[0] = '1';
    json[LONG] = '\0';
    put_answer(run, "1 \"a\"");
    assert_true(fake_store_step(heart.store));
    for (size_t bytes = 0; bytes <= ENGINE_CHUNK_MAX; bytes += LONG)
        assert_true(
            fake_pool_say(heart_tag(run), FRAME_RECORD, "buutt", RECORD_LOG, 0, 0, NULL, json));
    free(json);
    heart_turn();
    assert_int_equal(count_letters(run), 0); /* carries the first order out */
    heart_kill();
    assert_string_equal(heart_journal(run),
                        "accepted started step.started step.completed log log log log log");
}

static void what_one_read_does_not_take_is_read_too(void **state)
{
    enum { LONG = 700 << 10 };
    (void)state;
    const char *run = start_away(3);
    char *data = malloc(LONG + 1);
    memset(data, ' ', LONG);
    data[LONG] = '\0';
    for (char step = '3'; step >= '1'; step--) {
        memcpy(data, "  111", 5);
        data[0] = step;
        put_answer(run, data);
    }
    free(data);
    fake_store_step(heart.store);
    heart_stop();
    heart_start();
    assert_int_equal(count_letters(run), 1);
    replay(run, 3);
    heart_settle();
    assert_string_equal(told, "3 1112 1111 111");
    assert_int_equal(count_letters(run), 0);
}

static void a_cancel_behind_long_rows_is_found_at_once(void **state)
{
    enum { LONG = 700 << 10 };
    (void)state;
    char *data = malloc(LONG);
    memset(data, ' ', LONG);
    plant_parked("telegram", 1);
    for (int i = 0; i < 3; i++)
        leave_row(planted, TEXT("telegram"), (struct text){data, LONG});
    leave_row(planted, TEXT("cancel"), TEXT_NONE);
    free(data);
    heart_settle();
    heart_stop();
    heart_start();
    heart_expect(planted, RUN_GONE, STORE_CANCELLED);
    assert_int_equal(count_letters(planted), 0);
}

static void a_cancel_need_not_wait_for_the_rows_before_it(void **state)
{
    (void)state;
    const char *run = start_away(1);
    put_answer(run, "1 \"a\"");
    heart_settle();
    heart_expect(run, RUN_REPLAYING, STORE_RUNNING);
    put(run);
    heart_settle();
    heart_expect(run, RUN_GONE, STORE_CANCELLED);
    assert_string_equal(told, "");
    assert_int_equal(count_letters(run), 0);
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
        HEART_TEST(a_row_goes_with_the_record_of_the_answer),
        HEART_TEST(a_row_for_a_run_that_is_away_stays_until_the_answer_is_on_disk),
        HEART_TEST(a_row_for_a_run_that_is_returning_waits_for_its_replay),
        HEART_TEST(a_row_for_a_run_that_is_parked_waits_for_its_replay),
        HEART_TEST(a_row_is_taken_once_whenever_it_comes),
        HEART_TEST(a_row_that_is_known_already_is_skipped),
        HEART_TEST(rows_are_taken_in_the_order_in_which_they_came),
        HEART_TEST(an_answer_that_nobody_waits_for_is_dropped),
        HEART_TEST(a_row_goes_with_the_order_that_has_its_record),
        HEART_TEST(what_one_read_does_not_take_is_read_too),
        HEART_TEST(a_cancel_behind_long_rows_is_found_at_once),
        HEART_TEST(a_cancel_need_not_wait_for_the_rows_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
