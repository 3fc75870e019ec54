/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include <sys/inotify.h>

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
    make_run(f, "run_a", STORE_RUNNING, 0);
    assert_true(store_key_create_blocking(f->data, &key, "cli", &err));
    assert_true(store_key_create_blocking(f->data, &other, "cli", &err));
    make_run(f, "run_b", STORE_RUNNING, 0);
    assert_true(store_key_revoke_blocking(f->data, "key_a", 500, "cli", &err));
    assert_true(
        store_key_revoke_blocking(f->data, "key_a", 600, "cli", &err)); /* the first time counts */
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
    assert_true(store_key_create_blocking(f->data, &key, "cli", &err));
    assert_true(store_keys_blocking(f->data, &keys, &count, &err));
    assert_int_equal(count, 1);
    expect_same(&keys[0], &key);
    free(keys);
    fixture_open(f);
    assert_int_equal(list_keys(f).count, 1);
}

static void listing_makes_no_database(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key *keys;
    size_t count;
    assert_false(store_keys_blocking(f->data, &keys, &count, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_non_null(strstr(err.text, "give the host's data folder with --data"));
    assert_false(store_key_revoke_blocking(f->data, "key_a", 1, "cli", &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_int_equal(access(path_in(f->data, "moontide.db"), F_OK), -1);
}

static void unknown_and_repeated_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key key = key_of("key_a", 1), same_hash = key_of("key_b", 1);
    assert_false(store_key_revoke_blocking(f->data, "key_x", 1, "cli", &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_string_equal(err.text, "there is no key key_x");
    assert_true(store_key_create_blocking(f->data, &key, "cli", &err));
    assert_false(store_key_create_blocking(f->data, &key, "cli", &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_false(store_key_create_blocking(f->data, &same_hash, "cli", &err));
    assert_int_equal(err.code, ERROR_EXISTS);
}

struct seen_write {
    bool done, failed;
    struct error err;
};

static void on_written(void *arg, const struct error *err)
{
    struct seen_write *seen = arg;
    seen->done = true;
    seen->failed = err != NULL;
    if (err)
        seen->err = *err;
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

/* How many modifications inotify tells of since the last call. */
static int count_modifications(int fd)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    int count = 0;
    ssize_t len;
    while ((len = read(fd, events, sizeof events)) > 0) {
        for (char *at = events; at < events + len;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            count += (event->mask & IN_MODIFY) != 0;
            at += sizeof *event + event->len;
        }
    }
    return count;
}

static void each_change_touches_the_stamp(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key key = key_of("key_a", 1), other = key_of("key_b", 2);
    assert_true(store_key_create_blocking(f->data, &key, "cli", &err));
    int fd = inotify_init1(IN_NONBLOCK);
    assert_true(inotify_add_watch(fd, path_in(f->data, "keys.stamp"), IN_MODIFY) >= 0);
    assert_true(store_key_create_blocking(f->data, &other, "cli", &err));
    assert_true(count_modifications(fd) > 0);
    assert_true(store_key_revoke_blocking(f->data, "key_a", 5, "cli", &err));
    assert_true(count_modifications(fd) > 0);
    assert_false(store_key_revoke_blocking(f->data, "key_x", 5, "cli", &err));
    assert_int_equal(count_modifications(fd), 0);
    struct seen_write revoked = {0};
    store_key_revoke(f->s, "key_b", 5, NULL, on_written, &revoked);
    wait_for(&f->loop, &revoked.done);
    assert_true(count_modifications(fd) > 0);
    close(fd);
}

#define OPEN(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPEN(the_cli_changes_keys_beside_a_running_host),
        FOLDER(the_cli_changes_keys_without_a_host),
        FOLDER(listing_makes_no_database),
        OPEN(unknown_and_repeated_keys_are_refused),
        OPEN(the_host_changes_keys_without_blocking),
        OPEN(each_change_touches_the_stamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
