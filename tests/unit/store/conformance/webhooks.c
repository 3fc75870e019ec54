/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

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

struct seen_webhook {
    bool done, failed;
    size_t revoked;
    struct error err;
};

static void on_webhook(void *arg, size_t revoked, const struct error *err)
{
    struct seen_webhook *seen = arg;
    seen->done = true;
    seen->revoked = revoked;
    seen->failed = err != NULL;
    if (err)
        seen->err = *err;
}

static struct seen_webhook try_create(struct fixture *f, struct store_webhook w)
{
    struct seen_webhook seen = {0};
    store_webhook_create(f->s, &w, NULL, on_webhook, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static size_t create(struct fixture *f, struct store_webhook w)
{
    struct seen_webhook seen = try_create(f, w);
    if (seen.failed)
        fail_msg("%s", seen.err.text);
    return seen.revoked;
}

static struct seen_webhook revoke_some(struct fixture *f, const char *id, const char *trigger,
                                       int64_t at_ms)
{
    struct seen_webhook seen = {0};
    struct store_webhook which = make(id, trigger, 0, 0);
    if (id[0])
        which.project[0] = '\0';
    store_webhook_revoke(f->s, &which, at_ms, NULL, on_webhook, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

struct seen_list {
    bool done;
    char text[256]; /* "id:created:revoked " each */
};

static void on_list_webhooks(void *arg, const struct store_webhook *rows, size_t count,
                             const struct error *err)
{
    struct seen_list *seen = arg;
    assert_null(err);
    seen->done = true;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(seen->text);
        snprintf(seen->text + len, sizeof seen->text - len, "%s:%d:%d ", rows[i].id,
                 (int)rows[i].created_ms, (int)rows[i].revoked_ms);
    }
}

static struct seen_list list(struct fixture *f)
{
    struct seen_list seen = {0};
    store_list_webhooks(f->s, on_list_webhooks, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static void two_are_alive_the_oldest_makes_room(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(create(f, make("wh_1", "a", 1, 10)), 0);
    assert_int_equal(create(f, make("wh_2", "a", 2, 20)), 0);
    assert_int_equal(create(f, make("wh_b", "b", 1, 25)), 0);
    assert_int_equal(create(f, make("wh_3", "a", 3, 30)), 1);
    assert_string_equal(list(f).text, "wh_1:10:30 wh_2:20:0 wh_3:30:0 wh_b:25:0 ");
}

static void a_value_is_one_credential_only(void **state)
{
    struct fixture *f = *state;
    create(f, make("wh_1", "a", 1, 10));
    struct seen_webhook seen = try_create(f, make("wh_2", "a", 1, 10));
    assert_int_equal(seen.err.code, ERROR_EXISTS);
    assert_string_equal(seen.err.text, "p/a has this secret already");
    struct api_key key = {.id = "key_1", .name = "k", .projects = "*", .created_ms = 1};
    struct seen_write written = {0};
    memset(key.hash, 7, sizeof key.hash);
    store_key_create(f->s, &key, NULL, on_written, &written);
    wait_for(&f->loop, &written.done);
    assert_false(written.failed);
    seen = try_create(f, make("wh_2", "a", 7, 20));
    assert_int_equal(seen.err.code, ERROR_EXISTS);
    assert_non_null(strstr(seen.err.text, "is an API key"));
    memset(key.hash, 1, sizeof key.hash);
    written.done = false;
    store_key_create(f->s, &key, NULL, on_written, &written);
    wait_for(&f->loop, &written.done);
    assert_int_equal(written.err.code, ERROR_EXISTS);
}

static void one_is_revoked_by_its_id_or_all_of_a_trigger(void **state)
{
    struct fixture *f = *state;
    create(f, make("wh_1", "a", 1, 10));
    create(f, make("wh_2", "a", 2, 20));
    create(f, make("wh_b", "b", 3, 30));
    assert_int_equal(revoke_some(f, "wh_1", "", 40).revoked, 1);
    assert_int_equal(revoke_some(f, "", "a", 50).revoked, 1);
    assert_string_equal(list(f).text, "wh_1:10:40 wh_2:20:50 wh_b:30:0 ");
    assert_int_equal(revoke_some(f, "", "a", 60).err.code, ERROR_MISSING);
    assert_int_equal(revoke_some(f, "wh_1", "", 60).err.code, ERROR_MISSING);
    assert_int_equal(revoke_some(f, "wh_b", "a", 60).err.code, ERROR_MISSING);
}

static void the_cli_changes_webhooks_beside_a_running_host(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct store_webhook w = make("wh_1", "a", 1, 10), *rows;
    size_t revoked, count;
    need_beside();
    struct store *cli = beside_open(f);
    assert_true(store_webhook_create_blocking(cli, &w, &revoked, &err));
    assert_int_equal(revoked, 0);
    assert_true(store_webhooks_blocking(cli, &rows, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "wh_1");
    free(rows);
    assert_true(store_webhook_revoke_blocking(cli, &w, 20, &revoked, &err));
    assert_int_equal(revoked, 1);
    assert_false(store_webhook_revoke_blocking(cli, &w, 30, &revoked, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    store_close_blocking(cli);
    assert_string_equal(list(f).text, "wh_1:10:20 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_webhooks(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_are_alive_the_oldest_makes_room),
        TEST(a_value_is_one_credential_only),
        TEST(one_is_revoked_by_its_id_or_all_of_a_trigger),
        TEST(the_cli_changes_webhooks_beside_a_running_host),
    };
    return cmocka_run_group_tests_name("webhooks", tests, NULL, NULL);
}
