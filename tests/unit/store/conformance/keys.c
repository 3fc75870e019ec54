/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

static struct api_key key_of(const char *id, int hash)
{
    struct api_key key = {.permissions = PERMISSION_TRIGGER | PERMISSION_READ,
                          .name = "CI",
                          .projects = "support,sales",
                          .default_project = "support",
                          .created_ms = 100};
    snprintf(key.id, sizeof key.id, "%s", id);
    key.hash[0] = (unsigned char)hash;
    return key;
}

struct seen_keys {
    bool done;
    size_t count;
    struct api_key keys[8];
};

static void on_keys(void *arg, const struct api_key *keys, size_t count, const struct error *err)
{
    struct seen_keys *seen = arg;
    assert_null(err);
    assert_true(count <= ARRAY_LEN(seen->keys));
    seen->done = true;
    seen->count = count;
    if (count)
        memcpy(seen->keys, keys, count * sizeof *keys);
}

static struct seen_keys list_keys(struct fixture *f)
{
    struct seen_keys seen = {0};
    store_list_keys(f->s, on_keys, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static void expect_same(const struct api_key *a, const struct api_key *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->name, b->name);
    assert_memory_equal(a->hash, b->hash, SHA256_BYTES);
    assert_int_equal(a->permissions, b->permissions);
    assert_string_equal(a->projects, b->projects);
    assert_string_equal(a->default_project, b->default_project);
    assert_int_equal(a->created_ms, b->created_ms);
    assert_int_equal(a->revoked_ms, b->revoked_ms);
}

static void the_cli_changes_keys_beside_a_running_host(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key key = key_of("key_a", 1), other = key_of("key_b", 2);
    need_beside();
    struct store *cli = beside_open(f);
    make_run(f, "run_a", STORE_RUNNING, 0);
    assert_true(store_key_create_blocking(cli, &key, "cli", &err));
    assert_true(store_key_create_blocking(cli, &other, "cli", &err));
    make_run(f, "run_b", STORE_RUNNING, 0);
    assert_true(store_key_revoke_blocking(cli, "key_a", 500, "cli", &err));
    /* The first time counts. */
    assert_true(store_key_revoke_blocking(cli, "key_a", 600, "cli", &err));
    store_close_blocking(cli);
    struct seen_keys seen = list_keys(f);
    assert_int_equal(seen.count, 2);
    key.revoked_ms = 500;
    expect_same(&seen.keys[0], &key);
    expect_same(&seen.keys[1], &other);
    assert_string_equal(list_runs(f, (struct store_list){0}).text, "b a");
}

static void the_cli_changes_keys_without_a_host(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key key = key_of("key_a", 1), *keys;
    size_t count;
    need_beside();
    struct store *cli = beside_open(f);
    assert_true(store_key_create_blocking(cli, &key, "cli", &err));
    assert_true(store_keys_blocking(cli, &keys, &count, &err));
    store_close_blocking(cli);
    assert_int_equal(count, 1);
    expect_same(&keys[0], &key);
    free(keys);
    fixture_open(f);
    assert_int_equal(list_keys(f).count, 1);
}

static struct seen_write create_key(struct fixture *f, const struct api_key *key)
{
    struct seen_write seen = {0};
    store_key_create(f->s, key, NULL, on_written, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static void unknown_and_repeated_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    struct api_key key = key_of("key_a", 1), same_hash = key_of("key_b", 1);
    struct seen_write missing = {0};
    store_key_revoke(f->s, "key_x", 1, NULL, on_written, &missing);
    wait_for(&f->loop, &missing.done);
    assert_int_equal(missing.err.code, ERROR_MISSING);
    assert_string_equal(missing.err.text, "there is no key key_x");
    assert_false(create_key(f, &key).failed);
    assert_int_equal(create_key(f, &key).err.code, ERROR_EXISTS);
    assert_int_equal(create_key(f, &same_hash).err.code, ERROR_EXISTS);
}

static void the_host_changes_keys_without_blocking(void **state)
{
    struct fixture *f = *state;
    struct api_key key = key_of("key_a", 1);
    struct seen_write created = {0}, revoked = {0}, missing = {0}, again = {0};
    store_key_create(f->s, &key, NULL, on_written, &created);
    store_key_revoke(f->s, "key_a", 500, NULL, on_written, &revoked);
    store_key_revoke(f->s, "key_x", 500, NULL, on_written, &missing);
    store_key_create(f->s, &key, NULL, on_written, &again);
    wait_for(&f->loop, &again.done);
    assert_true(created.done && !created.failed && revoked.done && !revoked.failed);
    assert_true(missing.failed && again.failed);
    assert_int_equal(missing.err.code, ERROR_MISSING);
    assert_int_equal(again.err.code, ERROR_EXISTS);
    struct seen_keys seen = list_keys(f);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.keys[0].revoked_ms, 500);
}

#define OPEN(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down)

int conform_keys(void)
{
    const struct CMUnitTest tests[] = {
        OPEN(the_cli_changes_keys_beside_a_running_host),
        FOLDER(the_cli_changes_keys_without_a_host),
        OPEN(unknown_and_repeated_keys_are_refused),
        OPEN(the_host_changes_keys_without_blocking),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
