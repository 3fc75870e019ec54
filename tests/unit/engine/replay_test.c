/* SPDX-License-Identifier: MIT */
#include "engine/replay.h"
#include "test.h"
#include "wire/frame.h"
#include <string.h>

static struct replay *replay;

static int open_replay(void **state)
{
    (void)state;
    replay = replay_new();
    return 0;
}

static int close_replay(void **state)
{
    (void)state;
    replay_free(replay);
    return 0;
}

/* As the engine writes them: the run asks, … */
static void asked(uint32_t step, uint64_t hash)
{
    replay_add(replay, &(struct record){.type = RECORD_STEP_STARTED,
                                        .flags = RECORD_OUTPUT | RECORD_OP,
                                        .at_ms = 1000 + step,
                                        .step = step,
                                        .attempt = 1,
                                        .hash = hash,
                                        .kind = TEXT("http"),
                                        .name = TEXT("GET shop.example")});
}

/* … and is answered. */
static void answered(uint32_t step, bool ok, const char *json)
{
    replay_add(replay, &(struct record){.type = ok ? RECORD_STEP_COMPLETED : RECORD_STEP_FAILED,
                                        .flags = RECORD_INPUT,
                                        .at_ms = 2000 + step,
                                        .step = step,
                                        .attempt = 1,
                                        .data = text_of(json)});
}

static void noted(enum record_type type, uint32_t step)
{
    replay_add(replay, &(struct record){.type = type, .step = step, .data = TEXT("{}")});
}

static void expect_answer(struct text *rest, uint32_t step, bool ok, const char *json)
{
    struct frame f;
    struct frame_reader in;
    size_t used;
    assert_int_equal(frame_next(rest->data, rest->len, &f, &used), 1);
    rest->data += used;
    rest->len -= used;
    frame_read(&in, &f);
    assert_int_equal(f.type, FRAME_ANSWER);
    assert_int_equal(f.tag, 7);
    assert_int_equal(frame_get_u64(&in), 2000 + step);
    assert_int_equal(frame_get_u32(&in), step);
    assert_int_equal(frame_get_u8(&in), ok);
    assert_true(text_is(frame_get_bytes(&in), json));
    assert_true(frame_read_ok(&in));
}

static void answers_are_told_again_in_the_order_of_the_journal(void **state)
{
    struct buf out;
    (void)state;
    asked(1, 11);
    asked(2, 12);
    answered(2, true, "{\"b\":2}");
    answered(1, false, "{\"code\":\"http.timeout\"}");
    buf_init(&out, 1 << 20);
    assert_int_equal(replay_answers(replay, &out, 7), 2);
    struct text rest = buf_view(&out);
    expect_answer(&rest, 2, true, "{\"b\":2}");
    expect_answer(&rest, 1, false, "{\"code\":\"http.timeout\"}");
    assert_int_equal(rest.len, 0);
    buf_done(&out);
}

static void outputs_are_expected_again_in_their_order(void **state)
{
    (void)state;
    asked(1, 11);
    replay_add(replay, &(struct record){.type = RECORD_LOG, .flags = RECORD_OUTPUT, .hash = 5});
    asked(2, 12);
    const struct replay_expect *x = replay_next(replay);
    assert_int_equal(x->type, RECORD_STEP_STARTED);
    assert_int_equal(x->step, 1);
    assert_int_equal(x->hash, 11);
    assert_int_equal(x->at_ms, 1001);
    assert_string_equal(x->label, "http GET shop.example");
    replay_advance(replay);
    assert_int_equal(replay_next(replay)->type, RECORD_LOG);
    replay_advance(replay);
    assert_int_equal(replay_next(replay)->step, 2);
    replay_advance(replay);
    assert_null(replay_next(replay));
    assert_int_equal(replay_steps(replay), 2);
}

static void what_the_host_wrote_by_itself_is_neither_told_nor_expected(void **state)
{
    struct buf out;
    (void)state;
    noted(RECORD_RUN_ACCEPTED, 0);
    noted(RECORD_RUN_STARTED, 0);
    noted(RECORD_STEP_RETRYING, 1);
    noted(RECORD_RUN_RESUMED, 0);
    buf_init(&out, 1 << 20);
    assert_int_equal(replay_answers(replay, &out, 7), 0);
    assert_int_equal(out.len, 0);
    assert_null(replay_next(replay));
    assert_int_equal(replay_steps(replay), 0);
}

static void an_op_knows_whether_its_answer_is_there(void **state)
{
    (void)state;
    asked(1, 11);
    asked(2, 12);
    asked(3, 13);
    answered(1, true, "1");
    noted(RECORD_STEP_FAILED, 2); /* the script gave it up: nobody waits for an answer */
    assert_true(replay_next(replay)->answered);
    replay_advance(replay);
    assert_true(replay_next(replay)->answered);
    replay_advance(replay);
    assert_false(replay_next(replay)->answered);
    replay_answered(replay, 3); /* it came while the replay was on its way */
    assert_true(replay_next(replay)->answered);
}

/* A second attempt asks under the number of the first: the last one counts. */
static void the_last_attempt_is_the_one_that_is_answered(void **state)
{
    (void)state;
    asked(1, 11);
    asked(1, 11);
    answered(1, true, "1");
    assert_false(replay_next(replay)->answered);
    replay_advance(replay);
    assert_true(replay_next(replay)->answered);
}

static void a_long_name_is_cut_in_the_label(void **state)
{
    char name[200];
    (void)state;
    memset(name, 'n', sizeof name);
    replay_add(replay, &(struct record){.type = RECORD_STEP_STARTED,
                                        .flags = RECORD_OUTPUT,
                                        .step = 1,
                                        .name = {name, sizeof name}});
    assert_int_equal(strlen(replay_next(replay)->label), 60);
}

static void thousands_of_steps_are_kept(void **state)
{
    struct buf out;
    (void)state;
    for (uint32_t i = 1; i <= 5000; i++) {
        asked(i, i);
        answered(i, true, "null");
    }
    buf_init(&out, 16 << 20);
    assert_int_equal(replay_answers(replay, &out, 7), 5000);
    for (uint32_t i = 1; i <= 5000; i++, replay_advance(replay)) {
        assert_int_equal(replay_next(replay)->step, i);
        assert_true(replay_next(replay)->answered);
    }
    assert_null(replay_next(replay));
    buf_done(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_replay, close_replay)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_are_told_again_in_the_order_of_the_journal),
        TEST(outputs_are_expected_again_in_their_order),
        TEST(what_the_host_wrote_by_itself_is_neither_told_nor_expected),
        TEST(an_op_knows_whether_its_answer_is_there),
        TEST(the_last_attempt_is_the_one_that_is_answered),
        TEST(a_long_name_is_cut_in_the_label),
        TEST(thousands_of_steps_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
