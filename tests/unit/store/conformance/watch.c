/* SPDX-License-Identifier: MIT */
/* Who watches is told of changes of keys, secrets and webhooks. */
#include "store/conformance/fixture.h"

struct told {
    struct store_watcher watcher;
    bool told;
};

static void on_change(struct store_watcher *w)
{
    CONTAINER_OF(w, struct told, watcher)->told = true;
}

static void watch(struct fixture *f, struct told *t)
{
    struct error err = {0};
    *t = (struct told){.watcher.changed = on_change};
    if (!store_watch(f->s, &t->watcher, &err))
        fail_msg("%s", err.text);
}

static struct api_key key_of(const char *id, unsigned char hash)
{
    struct api_key key = {.name = "k", .projects = "*", .created_ms = 1};
    snprintf(key.id, sizeof key.id, "%s", id);
    memset(key.hash, hash, sizeof key.hash);
    return key;
}

static void a_change_of_this_process_is_told_to_all(void **state)
{
    struct fixture *f = *state;
    struct told first, second;
    struct api_key key = key_of("key_a", 1);
    watch(f, &first);
    watch(f, &second);
    store_key_create(f->s, &key, NULL, NULL, NULL);
    wait_for(&f->loop, &first.told);
    wait_for(&f->loop, &second.told);
}

static void a_change_of_the_cli_is_told(void **state)
{
    struct fixture *f = *state;
    struct told t;
    struct error err;
    struct api_key key = key_of("key_a", 1);
    struct store_webhook hook = {.id = "wh_1", .project = "p", .trigger = "t"};
    struct store_secret secret = {.name = "A", .hosts = "a.example", .sealed = TEXT("x")};
    size_t revoked;
    need_beside();
    struct store *cli = beside_open(f);
    watch(f, &t);
    assert_true(store_key_create_blocking(cli, &key, "cli", &err));
    wait_for(&f->loop, &t.told);
    t.told = false;
    assert_true(store_webhook_create_blocking(cli, &hook, &revoked, &err));
    wait_for(&f->loop, &t.told);
    t.told = false;
    assert_true(store_secret_put_blocking(cli, &secret, NULL, &err));
    wait_for(&f->loop, &t.told);
    store_close_blocking(cli);
}

static void who_watches_no_more_is_not_told(void **state)
{
    struct fixture *f = *state;
    struct told gone, stays;
    struct api_key key = key_of("key_a", 1);
    watch(f, &gone);
    watch(f, &stays);
    store_unwatch(&gone.watcher);
    store_key_create(f->s, &key, NULL, NULL, NULL);
    wait_for(&f->loop, &stays.told);
    assert_false(gone.told);
    store_unwatch(&gone.watcher);
}

static void a_store_closes_with_watchers(void **state)
{
    struct fixture *f = *state;
    struct told t;
    struct api_key key = key_of("key_a", 1);
    watch(f, &t);
    store_key_create(f->s, &key, NULL, NULL, NULL);
    fixture_close(f);
    assert_false(t.told);
    store_unwatch(&t.watcher);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_watch(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_of_this_process_is_told_to_all),
        TEST(a_change_of_the_cli_is_told),
        TEST(who_watches_no_more_is_not_told),
        TEST(a_store_closes_with_watchers),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
