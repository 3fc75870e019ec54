/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

static const struct store_secret key_secret = {
    .name = "API_KEY", .hosts = "api.example", .sealed = TEXT("\1\0\2sealed"), .updated_ms = 100};

static const struct store_audit audit = {
    .at_ms = 5, .actor = TEXT("cli"), .action = TEXT("secret.set"), .target = TEXT("API_KEY")};

static void on_audit(void *arg, const struct store_audit_row *rows, size_t count, bool more,
                     const struct error *err)
{
    int *seen = arg;
    (void)more;
    assert_null(err);
    *seen = (int)count;
    for (size_t i = 0; i < count; i++)
        assert_true(text_is(rows[i].a.target, "API_KEY"));
}

static int audit_rows(struct fixture *f)
{
    int seen = -1;
    store_list_audit(f->s, INT64_MAX, 200, on_audit, &seen);
    while (seen < 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    return seen;
}

struct seen_secrets {
    bool done;
    size_t count;
    char text[256]; /* "NAME hosts bytes created updated;" each */
};

static void describe(struct seen_secrets *seen, const struct store_secret *rows, size_t count)
{
    seen->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(seen->text);
        snprintf(seen->text + len, sizeof seen->text - len, "%s %s %zu %d %d;", rows[i].name,
                 rows[i].hosts, rows[i].sealed.len, (int)rows[i].created_ms,
                 (int)rows[i].updated_ms);
    }
}

static void on_secrets(void *arg, const struct store_secret *rows, size_t count,
                       const struct error *err)
{
    struct seen_secrets *seen = arg;
    assert_null(err);
    seen->done = true;
    describe(seen, rows, count);
}

static struct seen_secrets list_secrets(struct fixture *f)
{
    struct seen_secrets seen = {0};
    store_list_secrets(f->s, on_secrets, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static void the_host_puts_replaces_and_removes(void **state)
{
    struct fixture *f = *state;
    struct store_secret other = key_secret, again = key_secret;
    struct seen_write last = {0}, missing = {0};
    other.name = "A";
    again.hosts = "a.example,b.example:8443";
    again.updated_ms = 700;
    store_secret_put(f->s, &key_secret, &audit, NULL, NULL);
    store_secret_put(f->s, &other, NULL, NULL, NULL);
    store_secret_put(f->s, &again, NULL, on_written, &last);
    wait_for(&f->loop, &last.done);
    assert_false(last.failed);
    assert_string_equal(list_secrets(f).text, "A api.example 9 100 100;"
                                              "API_KEY a.example,b.example:8443 9 100 700;");
    last.done = false;
    store_secret_remove(f->s, "A", NULL, on_written, &last);
    store_secret_remove(f->s, "A", NULL, on_written, &missing);
    wait_for(&f->loop, &missing.done);
    assert_false(last.failed);
    assert_true(missing.failed);
    assert_int_equal(missing.err.code, ERROR_MISSING);
    assert_string_equal(missing.err.text, "there is no secret A");
    assert_int_equal(list_secrets(f).count, 1);
    assert_int_equal(audit_rows(f), 1);
}

static void the_cli_changes_secrets_beside_a_running_host(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct store_secret *rows;
    struct seen_secrets now = {0};
    size_t count;
    need_beside();
    struct store *cli = beside_open(f);
    make_run(f, "run_a", STORE_RUNNING, 0);
    assert_true(store_secret_put_blocking(cli, &key_secret, &audit, &err));
    assert_string_equal(list_secrets(f).text, "API_KEY api.example 9 100 100;");
    assert_true(store_secrets_blocking(cli, &rows, &count, &err));
    assert_memory_equal(rows[0].sealed.data, key_secret.sealed.data, key_secret.sealed.len);
    describe(&now, rows, count);
    assert_string_equal(now.text, "API_KEY api.example 9 100 100;");
    store_secrets_free(rows, count);
    assert_true(store_secret_remove_blocking(cli, "API_KEY", &audit, &err));
    assert_false(store_secret_remove_blocking(cli, "API_KEY", &audit, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_int_equal(list_secrets(f).count, 0);
    assert_int_equal(audit_rows(f), 2); /* what was refused is none */
    store_close_blocking(cli);
}

#define OPEN(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_secrets(void)
{
    const struct CMUnitTest tests[] = {
        OPEN(the_host_puts_replaces_and_removes),
        OPEN(the_cli_changes_secrets_beside_a_running_host),
    };
    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
