/* SPDX-License-Identifier: MIT */
/* DATA/keys.stamp, by which one process tells another of changes, and what the CLI leaves alone. */
#include "store/conformance/fixture.h"
#include <sys/inotify.h>

static struct api_key key_of(const char *id, int hash)
{
    struct api_key key = {.name = "CI", .projects = "*", .created_ms = 100};
    snprintf(key.id, sizeof key.id, "%s", id);
    key.hash[0] = (unsigned char)hash;
    return key;
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
    const struct store_secret secret = {.name = "A", .hosts = "a.example", .sealed = TEXT("x")};
    struct store *cli = beside_open(f);
    assert_true(store_key_create_blocking(cli, &key, "cli", &err));
    int fd = inotify_init1(IN_NONBLOCK);
    assert_true(inotify_add_watch(fd, path_in(f->data, "keys.stamp"), IN_MODIFY) >= 0);
    assert_true(store_key_create_blocking(cli, &other, "cli", &err));
    assert_true(count_modifications(fd) > 0);
    assert_true(store_key_revoke_blocking(cli, "key_a", 5, "cli", &err));
    assert_true(count_modifications(fd) > 0);
    assert_false(store_key_revoke_blocking(cli, "key_x", 5, "cli", &err));
    assert_int_equal(count_modifications(fd), 0);
    assert_true(store_secret_put_blocking(cli, &secret, NULL, &err));
    assert_true(count_modifications(fd) > 0);
    struct seen_write written = {0};
    store_key_revoke(f->s, "key_b", 5, NULL, on_written, &written);
    wait_for(&f->loop, &written.done);
    assert_true(count_modifications(fd) > 0);
    written.done = false;
    store_keys_used(f->s, &other, 1, on_written, &written);
    wait_for(&f->loop, &written.done);
    assert_int_equal(count_modifications(fd), 0);
    store_close_blocking(cli);
    close(fd);
}

static void a_stamp_that_was_removed_is_made_again(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key key = key_of("key_a", 1);
    struct stat st;
    struct store *cli = beside_open(f);
    assert_int_equal(access(path_in(f->data, "keys.stamp"), F_OK), -1);
    assert_true(store_key_create_blocking(cli, &key, "cli", &err));
    assert_int_equal(unlink(path_in(f->data, "keys.stamp")), 0);
    assert_true(store_key_revoke_blocking(cli, "key_a", 5, "cli", &err));
    assert_int_equal(stat(path_in(f->data, "keys.stamp"), &st), 0);
    assert_int_equal(st.st_size, 1);
    store_close_blocking(cli);
}

static void looking_makes_no_database(void **state)
{
    struct fixture *f = *state;
    struct error err;
    assert_null(store_open_blocking(f->data, true, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_non_null(strstr(err.text, "give the host's data folder with --data"));
    assert_int_equal(access(path_in(f->data, "moontide.db"), F_OK), -1);
}

#define OPEN(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down)

int main(void)
{
    static const struct store_factory factory = {.name = "sqlite", .open = store_open};
    conformance_factory = &factory;
    const struct CMUnitTest tests[] = {
        OPEN(each_change_touches_the_stamp),
        OPEN(a_stamp_that_was_removed_is_made_again),
        FOLDER(looking_makes_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
