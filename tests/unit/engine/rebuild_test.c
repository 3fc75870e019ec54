/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static struct answer first;
static const char get[] = "{\"method\":\"GET\",\"url\":\"https://a.example/\"}";
static const char planted[] = "run_01k00000000000000000000000";

static void log_line_of(const char *run, const char *data)
{
    assert_true(fake_pool_say(heart_tag(run), FRAME_RECORD, "buutt", RECORD_LOG, 0, 0, NULL, data));
}

/* Reads of the store go on until the run is read no more; those behind the n-th fail once. */
static void lose_and_fail_read(size_t n)
{
    fake_pool_lose(0, POOL_CRASHED, 0);
    for (size_t i = 0; i < n; i++)
        assert_true(fake_store_step(heart.store));
    fake_store_fail_reads(heart.store, 1);
    heart_settle();
}

/* ---- the store cannot be read */

static void a_run_that_cannot_be_read_is_looked_for_again(void **state)
{
    enum { READS = 3 }; /* row, inbox, journal */
    (void)state;
    heart_start_run(&first, 60000);
    for (size_t n = 0; n < READS; n++) {
        lose_and_fail_read(n);
        heart_expect(first.fired, RUN_GONE, STORE_RUNNING);
        assert_int_equal(heart.e->rebuilds.under_way, 0);
        heart_pass(1000);
        heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    }
    heart_finish(first.fired, "1");
    heart_settle();
    heart_expect_answer(&first, VERDICT_COMPLETED, "completed");
    assert_string_equal(heart_journal(first.run),
                        "accepted started resumed resumed resumed completed");
}

static void a_version_that_cannot_be_read_is_looked_for_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask_sleep(first.fired, 60000);
    heart_rest(first.fired, 0);
    heart_settle();
    heart_serve("\"wait\":\"5s\""); /* nobody in memory has the old one any more */
    fake_clock_pass(&heart.clock, &heart.e->timers, 60000);
    for (int i = 0; i < 3; i++) /* what is due, the row, the inbox */
        assert_true(fake_store_step(heart.store));
    fake_store_fail_reads(heart.store, 1);
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_WAITING);
    heart_pass(1000);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

/* ---- the row */

static void a_run_that_has_ended_meanwhile_is_left_alone(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_finish(first.fired, "1");
    heart_settle();
    rebuild_parked(heart.e, first.fired, "woke");
    heart_settle();
    heart_expect(first.fired, RUN_GONE, STORE_COMPLETED);
    assert_string_equal(heart_journal(first.fired), "accepted started completed");
}

static void a_run_that_does_not_exist_is_left_alone(void **state)
{
    (void)state;
    rebuild_parked(heart.e, planted, "woke");
    heart_settle();
    heart_expect(planted, RUN_GONE, 0);
    assert_int_equal(heart.e->rebuilds.under_way, 0);
}

static void what_was_accepted_is_started_again_as_it_was(void **state)
{
    struct frame_start before, after;
    struct call call = heart_call("{\"n\":1}");
    (void)state;
    call.session = TEXT("s");
    heart_fire_call(&first, &call);
    before = heart_start_frame(first.fired);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_ADMITTED, "t", "be kind"));
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    after = heart_start_frame(first.fired);
    assert_true(text_eq(before.event, after.event));
    assert_true(text_eq(before.run_id, after.run_id));
    assert_true(text_is(after.instruction, "be kind"));
    assert_int_equal(before.seed, after.seed);
    assert_int_equal(before.at_ms, after.at_ms);
    assert_false(after.admit);
}

/* ---- the version */

static void a_run_goes_on_with_the_version_that_it_started_with(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    uint64_t version = heart_start_frame(first.fired).version;
    heart_serve("\"wait\":\"5s\"");
    assert_true(heart_trigger()->current->tag != version);
    heart_lose(0, POOL_CRASHED, NULL);
    assert_int_equal(heart_start_frame(first.fired).version, version);
    heart_stop();
    heart_start();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_true(heart_start_frame(first.fired).version != heart_trigger()->current->tag);
}

static void expect_failed(const char *run, const char *code, const char *why)
{
    struct store_run row = heart_row(run);
    heart_expect(run, RUN_GONE, STORE_FAILED);
    assert_true(text_is(row.error_code, code));
    char message[512];
    snprintf(message, sizeof message, "%.*s", (int)row.error_message.len, row.error_message.data);
    if (!strstr(message, why))
        fail_msg("%s", message);
    assert_int_equal(heart.e->rebuilds.under_way, 0);
}

static void a_run_whose_version_is_not_in_the_store_ends(void **state)
{
    (void)state;
    heart_plant(planted, &(struct heart_planted){.status = STORE_RUNNING, .version = {1}});
    heart_stop();
    heart_start();
    expect_failed(planted, "version.missing", "is not in the store");
    assert_string_equal(heart_journal(planted), "resumed failed");
}

/* ---- the journal */

static void plant_with_chunk(uint32_t count, uint32_t records, size_t cut)
{
    struct buf chunk;
    struct heart_planted p = {.status = STORE_RUNNING, .count = count};
    memcpy(p.version, heart_trigger()->current->hash, SHA256_BYTES);
    buf_init(&chunk, 1 << 20);
    for (uint32_t i = 0; i < records; i++)
        record_write(&chunk, &(struct record){.type = RECORD_RUN_ACCEPTED, .data = TEXT("{}")});
    p.chunk = (struct text){chunk.data, chunk.len - cut};
    heart_plant(planted, &p);
    buf_done(&chunk);
    heart_stop();
    heart_start();
}

static void a_chunk_with_too_few_records_is_damage(void **state)
{
    (void)state;
    plant_with_chunk(3, 2, 0);
    expect_failed(planted, "journal.damaged", "cannot be read from record 3 on");
    assert_int_equal(heart_row(planted).seq, 5); /* its end stands behind what was there */
}

static void a_chunk_that_is_cut_is_damage(void **state)
{
    (void)state;
    plant_with_chunk(3, 3, 1);
    expect_failed(planted, "journal.damaged", "from record 3 on");
}

static void a_chunk_with_more_than_it_says_is_damage(void **state)
{
    (void)state;
    plant_with_chunk(3, 4, 0);
    expect_failed(planted, "journal.damaged", "from record 4 on");
}

static void a_journal_of_several_pages_is_read_whole(void **state)
{
    enum { BYTES = 3 << 20, LINES = 3 };
    char *data = mem_alloc(BYTES + 3);
    (void)state;
    memset(data, 'x', BYTES + 2);
    data[0] = data[BYTES + 1] = '"';
    data[BYTES + 2] = '\0';
    heart_start_run(&first, 0);
    for (int i = 0; i < LINES; i++) {
        log_line_of(first.fired, data);
        heart_settle();
    }
    heart_lose(0, POOL_CRASHED, NULL);
    for (int i = 0; i < LINES; i++) {
        heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
        log_line_of(first.fired, data);
    }
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    heart_settle();
    assert_string_equal(heart_journal(first.fired), "accepted started log log log resumed");
    free(data);
}

/* ---- the replay */

static void start_replay(void)
{
    heart_start_run(&first, 60000);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_lose(0, POOL_CRASHED, NULL);
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

static void expect_diverged(const char *why)
{
    heart_settle();
    expect_failed(first.fired, "replay.diverged", why);
    heart_expect_answer(&first, VERDICT_RUN_FAILED, "failed");
    assert_string_equal(heart_journal(first.fired), "accepted started step.started resumed failed");
}

static void other_arguments_diverge(void **state)
{
    (void)state;
    start_replay();
    heart_ask(first.fired, 1, "http", "{\"method\":\"PUT\",\"url\":\"https://a.example/\"}");
    expect_diverged("the journal has step.started of step 1 (http), the replay came to "
                    "step.started of step 1 (http )");
}

static void another_step_number_diverges(void **state)
{
    (void)state;
    start_replay();
    heart_ask(first.fired, 2, "http", get);
    expect_diverged("came to step.started of step 2");
}

static void another_kind_of_record_diverges(void **state)
{
    (void)state;
    start_replay();
    log_line_of(first.fired, "1");
    expect_diverged("came to log of step 0");
}

static void an_early_end_diverges(void **state)
{
    (void)state;
    start_replay();
    heart_finish(first.fired, "1");
    expect_diverged("came to the end of step 0");
}

static void an_early_wait_diverges(void **state)
{
    (void)state;
    start_replay();
    heart_rest(first.fired, 0);
    expect_diverged("came to a wait for something else");
}

/* The script has failed by itself: that is what its caller shall read. */
static void an_early_failure_is_told_as_it_is(void **state)
{
    (void)state;
    start_replay();
    assert_true(
        fake_pool_say(heart_tag(first.fired), FRAME_FAILED, "ttt", "limit.memory", "why", NULL));
    heart_settle();
    expect_failed(first.fired, "limit.memory", "why");
}

/* An answer comes while the replay is still on its way to the step: it is told, and the step is not
 * asked for again. */
static void an_answer_during_the_replay_is_told_once(void **state)
{
    (void)state;
    start_replay();
    fake_http_reply(0, 200, NULL);
    assert_int_equal(heart_state(first.fired), RUN_REPLAYING);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_int_equal(heart_answers(first.fired), 1);
    assert_int_equal(fake_http.started, 1);
}

/* Nobody heard of an answer before the host was killed: the effect is made again, with its key. */
static void an_effect_without_an_answer_is_made_again_with_the_same_key(void **state)
{
    char key[64];
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    snprintf(key, sizeof key, "%s", fake_http_header(fake_http.calls[0], "Idempotency-Key"));
    heart_kill();
    heart_start();
    assert_int_equal(fake_http.started, 0);
    heart_ask(first.fired, 1, "http", get);
    heart_settle();
    assert_int_equal(fake_http.started, 1);
    assert_string_equal(fake_http_header(fake_http.calls[0], "Idempotency-Key"), key);
}

static void a_retry_while_the_journal_is_read_is_not_written(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    heart_ask(first.fired, 1, "http",
              "{\"method\":\"GET\",\"url\":\"https://a.example/\",\"retry\":{\"times\":3}}");
    heart_settle();
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_true(run_is_read(run_by_id(heart.e, first.fired)));
    fake_http_fail(0, "timeout");
    heart_settle();
    assert_string_equal(heart_journal(first.fired), "accepted started step.started resumed");
    heart_expect(first.fired, RUN_REPLAYING, STORE_RUNNING);
}

/* ---- many */

static void no_more_than_so_many_are_rebuilt_at_once(void **state)
{
    enum { RUNS = ENGINE_REBUILDS + 6 };
    char runs[RUNS][ID_BYTES];
    struct answer a;
    (void)state;
    heart.config->runs_per_runner = RUNS;
    for (int i = 0; i < RUNS; i++)
        snprintf(runs[i], sizeof runs[i], "%s", heart_start_run(&a, 0));
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_int_equal(heart.e->rebuilds.under_way, ENGINE_REBUILDS);
    heart_settle();
    assert_int_equal(heart.e->rebuilds.under_way, 0);
    for (int i = 0; i < RUNS; i++)
        assert_int_equal(heart_state(runs[i]), RUN_GOING);
}

/* What came for it while its journal was read, of a kind that does not end it. */
static void it_goes_on_once_its_inbox_was_read_again(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    fake_pool_lose(0, POOL_CRASHED, 0);
    assert_true(fake_store_step(heart.store)); /* the row */
    assert_true(fake_store_step(heart.store)); /* the inbox */
    run_by_id(heart.e, first.fired)->inbox_again = true;
    heart_settle();
    heart_expect(first.fired, RUN_GOING, STORE_RUNNING);
    assert_string_equal(heart_journal(first.fired), "accepted started resumed");
}

static void steps_are_counted_on_from_the_journal(void **state)
{
    (void)state;
    heart_start_run(&first, 0);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_RECORD, "buutt", RECORD_STEP_STARTED, 3,
                              1, "group", NULL));
    heart_settle();
    run_by_id(heart.e, first.fired)->steps = 0;
    heart_lose(0, POOL_CRASHED, NULL);
    assert_true(fake_pool_say(heart_tag(first.fired), FRAME_RECORD, "buutt", RECORD_STEP_STARTED, 3,
                              1, "group", NULL));
    heart_finish(first.fired, "1");
    heart_settle();
    assert_int_equal(heart_row(first.fired).steps, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEART_TEST(a_run_that_cannot_be_read_is_looked_for_again),
        HEART_TEST(a_version_that_cannot_be_read_is_looked_for_again),
        HEART_TEST(a_run_that_has_ended_meanwhile_is_left_alone),
        HEART_TEST(a_run_that_does_not_exist_is_left_alone),
        HEART_TEST(what_was_accepted_is_started_again_as_it_was),
        HEART_TEST(a_run_goes_on_with_the_version_that_it_started_with),
        HEART_TEST(a_run_whose_version_is_not_in_the_store_ends),
        HEART_TEST(a_chunk_with_too_few_records_is_damage),
        HEART_TEST(a_chunk_that_is_cut_is_damage),
        HEART_TEST(a_chunk_with_more_than_it_says_is_damage),
        HEART_TEST(a_journal_of_several_pages_is_read_whole),
        HEART_TEST(other_arguments_diverge),
        HEART_TEST(another_step_number_diverges),
        HEART_TEST(another_kind_of_record_diverges),
        HEART_TEST(an_early_end_diverges),
        HEART_TEST(an_early_wait_diverges),
        HEART_TEST(an_early_failure_is_told_as_it_is),
        HEART_TEST(an_answer_during_the_replay_is_told_once),
        HEART_TEST(an_effect_without_an_answer_is_made_again_with_the_same_key),
        HEART_TEST(a_retry_while_the_journal_is_read_is_not_written),
        HEART_TEST(no_more_than_so_many_are_rebuilt_at_once),
        HEART_TEST(it_goes_on_once_its_inbox_was_read_again),
        HEART_TEST(steps_are_counted_on_from_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
