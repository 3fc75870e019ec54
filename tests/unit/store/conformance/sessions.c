/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

struct seen_messages {
    bool done;
    char text[512]; /* "role text run step;" each */
};

static void on_messages(void *arg, const struct store_message *rows, size_t count,
                        const struct error *err)
{
    struct seen_messages *seen = arg;
    assert_null(err);
    seen->done = true;
    for (size_t i = 0; i < count; i++)
        snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text),
                 "%s %s %s %u;", rows[i].role.data, rows[i].text.data, rows[i].run.data,
                 rows[i].step);
}

static void say(struct fixture *f, const char *session, const char *run, uint32_t step,
                const char *user, const char *assistant)
{
    struct seen_write seen = {0};
    struct store_turn turn = {.project = TEXT("p"),
                              .session = text_of(session),
                              .run = text_of(run),
                              .step = step,
                              .user = text_of(user),
                              .assistant = text_of(assistant),
                              .at_ms = 1};
    store_session_add(f->s, &turn, on_written, &seen);
    wait_for(&f->loop, &seen.done);
    assert_false(seen.failed);
}

static void hear(struct fixture *f, const char *session, uint32_t limit, const char *expected)
{
    struct seen_messages seen = {0};
    store_read_session(f->s, TEXT("p"), text_of(session), limit, on_messages, &seen);
    wait_for(&f->loop, &seen.done);
    assert_string_equal(seen.text, expected);
}

static void a_session_is_heard_in_order(void **state)
{
    struct fixture *f = *state;
    hear(f, "s", 10, "");
    say(f, "s", "run_1", 1, "hi", "hello");
    say(f, "t", "run_2", 1, "other", "one");
    say(f, "s", "run_3", 2, "again", "yes");
    hear(f, "s", 10,
         "user hi run_1 1;assistant hello run_1 1;user again run_3 2;assistant yes run_3 2;");
    hear(f, "s", 2, "user again run_3 2;assistant yes run_3 2;");
}

static void a_step_performed_again_is_said_once(void **state)
{
    struct fixture *f = *state;
    say(f, "s", "run_1", 1, "hi", "cut off");
    say(f, "s", "run_1", 1, "hi", "hello");
    hear(f, "s", 10, "user hi run_1 1;assistant hello run_1 1;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_sessions(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_heard_in_order),
        TEST(a_step_performed_again_is_said_once),
    };
    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
