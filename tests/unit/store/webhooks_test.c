/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static struct store_webhook make(const char *id, const char *trigger, unsigned char hash,
                                 int64_t at_ms)
{
    struct store_webhook w = {.created_ms = at_ms};
    snprintf(w.id, sizeof w.id, "%s", id);
    snprintf(w.project, sizeof w.project, "p");
    snprintf(w.trigger, sizeof w.trigger, "%s", trigger);
    memset(w.hash, hash, sizeof w.hash);
    return w;
}

static size_t create(struct fixture *f, struct store_webhook w)
{
    struct error err = {0};
    size_t revoked = 0;
    if (!store_webhook_create_blocking(f->data, &w, &revoked, &err))
        fail_msg("%s", err.text);
    return revoked;
}

/* "id:created:revoked " each */
static void list(struct fixture *f, char out[256])
{
    struct store_webhook *rows;
    struct error err = {0};
    size_t count;
    assert_true(store_webhooks_blocking(f->data, &rows, &count, &err));
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(out + strlen(out), 256 - strlen(out), "%s:%d:%d ", rows[i].id,
                 (int)rows[i].created_ms, (int)rows[i].revoked_ms);
    free(rows);
}

static void two_are_alive_the_oldest_makes_room(void **state)
{
    struct fixture *f = *state;
    char text[256];
    assert_int_equal(create(f, make("wh_1", "a", 1, 10)), 0);
    assert_int_equal(create(f, make("wh_2", "a", 2, 20)), 0);
    assert_int_equal(create(f, make("wh_b", "b", 1, 25)), 0);
    assert_int_equal(create(f, make("wh_3", "a", 3, 30)), 1);
    list(f, text);
    assert_string_equal(text, "wh_1:10:30 wh_2:20:0 wh_3:30:0 wh_b:25:0 ");
}

static void a_value_is_one_credential_only(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t revoked;
    struct store_webhook w = make("wh_1", "a", 1, 10);
    create(f, w);
    strcpy(w.id, "wh_2");
    assert_false(store_webhook_create_blocking(f->data, &w, &revoked, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_string_equal(err.text, "p/a has this secret already");
    struct api_key key = {.id = "key_1", .name = "k", .projects = "*", .created_ms = 1};
    memset(key.hash, 7, sizeof key.hash);
    assert_true(store_key_create_blocking(f->data, &key, "cli", &err));
    w = make("wh_2", "a", 7, 20);
    assert_false(store_webhook_create_blocking(f->data, &w, &revoked, &err));
    assert_non_null(strstr(err.text, "is an API key"));
}

static void one_is_revoked_by_its_id_or_all_of_a_trigger(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    size_t revoked;
    char text[256];
    create(f, make("wh_1", "a", 1, 10));
    create(f, make("wh_2", "a", 2, 20));
    create(f, make("wh_b", "b", 3, 30));
    assert_true(store_webhook_revoke_blocking(f->data, "wh_1", NULL, NULL, 40, &revoked, &err));
    assert_int_equal(revoked, 1);
    assert_true(store_webhook_revoke_blocking(f->data, NULL, "p", "a", 50, &revoked, &err));
    assert_int_equal(revoked, 1);
    list(f, text);
    assert_string_equal(text, "wh_1:10:40 wh_2:20:50 wh_b:30:0 ");
    assert_false(store_webhook_revoke_blocking(f->data, NULL, "p", "a", 60, &revoked, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_false(store_webhook_revoke_blocking(f->data, "wh_1", NULL, NULL, 60, &revoked, &err));
    assert_int_equal(err.code, ERROR_MISSING);
}

/* ---- what is said in sessions */

struct seen {
    bool done;
    char text[512]; /* "role text run step;" each */
};

static void on_messages(void *arg, const struct store_message *rows, size_t count,
                        const struct error *err)
{
    struct seen *seen = arg;
    assert_null(err);
    seen->done = true;
    for (size_t i = 0; i < count; i++)
        snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text),
                 "%s %s %s %u;", rows[i].role.data, rows[i].text.data, rows[i].run.data,
                 rows[i].step);
}

static void on_written(void *arg, const struct error *err)
{
    assert_null(err);
    *(bool *)arg = true;
}

static void say(struct fixture *f, const char *session, const char *run, uint32_t step,
                const char *user, const char *assistant)
{
    bool done = false;
    struct store_turn turn = {.project = TEXT("p"),
                              .session = text_of(session),
                              .run = text_of(run),
                              .step = step,
                              .user = text_of(user),
                              .assistant = text_of(assistant),
                              .at_ms = 1};
    store_session_add(f->s, &turn, on_written, &done);
    wait_for(&f->loop, &done);
}

static void hear(struct fixture *f, const char *session, uint32_t limit, const char *expected)
{
    struct seen seen = {0};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_are_alive_the_oldest_makes_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_is_one_credential_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_is_revoked_by_its_id_or_all_of_a_trigger, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_session_is_heard_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_performed_again_is_said_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
