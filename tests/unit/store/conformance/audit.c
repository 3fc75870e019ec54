/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

struct seen_rows {
    bool done, more;
    size_t count;
    int64_t num[8];
    char what[8][96]; /* "actor action target detail request" */
};

static void on_rows(void *arg, const struct store_audit_row *rows, size_t count, bool more,
                    const struct error *err)
{
    struct seen_rows *seen = arg;
    assert_null(err);
    assert_true(count <= ARRAY_LEN(seen->what));
    for (size_t i = 0; i < count; i++) {
        const struct store_audit *a = &rows[i].a;
        seen->num[i] = rows[i].num;
        snprintf(seen->what[i], sizeof seen->what[i], "%lld %s %s %s %s %s", (long long)a->at_ms,
                 a->actor.data, a->action.data, a->target.data,
                 a->detail.data ? a->detail.data : "-", a->request.data ? a->request.data : "-");
    }
    seen->count = count;
    seen->more = more;
    seen->done = true;
}

static struct seen_rows list(struct fixture *f, int64_t before, uint32_t limit)
{
    struct seen_rows seen = {0};
    store_list_audit(f->s, before, limit, on_rows, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static struct store_audit row(int64_t at_ms, const char *action, const char *target)
{
    return (struct store_audit){.at_ms = at_ms,
                                .actor = TEXT("key_a"),
                                .action = text_of(action),
                                .target = text_of(target),
                                .request = TEXT("req")};
}

static void rows_come_newest_first_in_pages(void **state)
{
    struct fixture *f = *state;
    struct seen_write w[3] = {0};
    for (int i = 0; i < 3; i++) {
        struct store_audit a = row(100 + i, "run.cancel", "run_x");
        a.detail = i == 1 ? TEXT("{}") : TEXT_NONE;
        store_audit(f->s, &a, on_written, &w[i]);
    }
    wait_for(&f->loop, &w[2].done);
    struct seen_rows page = list(f, INT64_MAX, 2);
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    assert_string_equal(page.what[0], "102 key_a run.cancel run_x - req");
    assert_string_equal(page.what[1], "101 key_a run.cancel run_x {} req");
    page = list(f, page.num[1], 2);
    assert_int_equal(page.count, 1);
    assert_false(page.more);
    assert_string_equal(page.what[0], "100 key_a run.cancel run_x - req");
    assert_int_equal(list(f, page.num[0], 2).count, 0);
}

/* One without the other would be a lie either way. */
static void a_change_that_fails_leaves_no_row(void **state)
{
    struct fixture *f = *state;
    struct seen_write made = {0}, again = {0}, missing = {0};
    struct api_key key = {.id = "key_b", .name = "b", .projects = "*", .created_ms = 1};
    struct store_audit create = row(1, "key.create", "key_b"),
                       revoke = row(2, "key.revoke", "key_x");
    store_key_create(f->s, &key, &create, on_written, &made);
    store_key_create(f->s, &key, &create, on_written, &again);
    store_key_revoke(f->s, "key_x", 2, &revoke, on_written, &missing);
    wait_for(&f->loop, &missing.done);
    assert_true(!made.failed && again.failed && missing.failed);
    struct seen_rows page = list(f, INT64_MAX, 8);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.what[0], "1 key_a key.create key_b - req");
}

static void the_cli_notes_what_it_does_to_keys(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct api_key key = {.id = "key_b", .name = "b\"", .projects = "*", .created_ms = 5};
    need_beside();
    struct store *cli = beside_open(f);
    assert_true(store_key_create_blocking(cli, &key, "cli", &err));
    assert_true(store_key_revoke_blocking(cli, "key_b", 6, "cli", &err));
    assert_false(store_key_revoke_blocking(cli, "key_x", 7, "cli", &err));
    store_close_blocking(cli);
    struct seen_rows page = list(f, INT64_MAX, 8);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.what[0], "6 cli key.revoke key_b - -");
    assert_string_equal(page.what[1], "5 cli key.create key_b {\"name\":\"b\\\"\"} -");
}

/* ---- pauses and last use, which are told of in rows */

struct seen_pauses {
    bool done;
    size_t count;
    char first[96];
};

static void on_pauses(void *arg, const struct store_pause *p, size_t count, const struct error *err)
{
    struct seen_pauses *seen = arg;
    assert_null(err);
    if (count)
        snprintf(seen->first, sizeof seen->first, "%s/%s by %s at %lld", p->project, p->key, p->by,
                 (long long)p->at_ms);
    seen->count = count;
    seen->done = true;
}

static struct seen_pauses list_pauses(struct fixture *f)
{
    struct seen_pauses seen = {0};
    store_list_pauses(f->s, on_pauses, &seen);
    wait_for(&f->loop, &seen.done);
    return seen;
}

static void the_first_pause_counts(void **state)
{
    struct fixture *f = *state;
    struct seen_write first = {0}, second = {0}, resumed = {0};
    struct store_pause a = {"p", "k", "key_a", 7}, b = {"p", "k", "key_b", 8};
    struct store_audit audit = row(7, "trigger.pause", "p/k");
    store_pause(f->s, &a, true, &audit, on_written, &first);
    store_pause(f->s, &b, true, NULL, on_written, &second);
    wait_for(&f->loop, &second.done);
    struct seen_pauses seen = list_pauses(f);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.first, "p/k by key_a at 7");
    assert_int_equal(list(f, INT64_MAX, 8).count, 1);
    store_pause(f->s, &b, false, NULL, on_written, &resumed);
    wait_for(&f->loop, &resumed.done);
    assert_int_equal(list_pauses(f).count, 0);
}

static void a_pause_survives_a_restart(void **state)
{
    struct fixture *f = *state;
    struct store_pause a = {"p", "k", "key_a", 7};
    need_keeping();
    store_pause(f->s, &a, true, NULL, NULL, NULL);
    fixture_close(f);
    fixture_open(f);
    assert_string_equal(list_pauses(f).first, "p/k by key_a at 7");
}

struct seen_use {
    bool done;
    int64_t used_ms, expires_ms;
};

static void on_keys(void *arg, const struct api_key *keys, size_t count, const struct error *err)
{
    struct seen_use *seen = arg;
    assert_null(err);
    assert_int_equal(count, 1);
    seen->used_ms = keys[0].used_ms;
    seen->expires_ms = keys[0].expires_ms;
    seen->done = true;
}

static void last_use_only_moves_forward(void **state)
{
    struct fixture *f = *state;
    struct seen_write w = {0};
    struct seen_use seen = {0};
    struct api_key key = {
        .id = "key_b", .name = "b", .projects = "*", .created_ms = 5, .expires_ms = 99};
    struct api_key later = {.id = "key_b", .used_ms = 50}, earlier = {.id = "key_b", .used_ms = 40},
                   unknown = {.id = "key_x", .used_ms = 60};
    store_key_create(f->s, &key, NULL, NULL, NULL);
    store_keys_used(f->s, &later, 1, NULL, NULL);
    store_keys_used(f->s, &earlier, 1, NULL, NULL);
    store_keys_used(f->s, &unknown, 1, on_written, &w);
    wait_for(&f->loop, &w.done);
    assert_false(w.failed);
    store_list_keys(f->s, on_keys, &seen);
    wait_for(&f->loop, &seen.done);
    assert_int_equal(seen.used_ms, 50);
    assert_int_equal(seen.expires_ms, 99);
}

#define OPEN(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_audit(void)
{
    const struct CMUnitTest tests[] = {
        OPEN(rows_come_newest_first_in_pages),    OPEN(a_change_that_fails_leaves_no_row),
        OPEN(the_cli_notes_what_it_does_to_keys), OPEN(the_first_pause_counts),
        OPEN(a_pause_survives_a_restart),         OPEN(last_use_only_moves_forward),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
