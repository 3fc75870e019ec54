/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include "base/log.h"
#include "secrets/secret_text.h"
#include "store/store.h"
#include <sys/resource.h>

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct rig {
    uv_loop_t loop;
    struct store *store;
    struct vault *vault;
    struct error err;
};

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

static void wait_for(struct rig *rig, const bool *flag)
{
    while (!*flag)
        uv_run(&rig->loop, UV_RUN_ONCE);
}

static bool rig_open_vault(struct rig *rig)
{
    struct store_options options = {.data = folder_base, .loop = &rig->loop};
    if (!rig->store)
        rig->store = store_open(&options, &rig->err);
    assert_non_null(rig->store);
    rig->vault = vault_open(rig->store, folder_base, &rig->err);
    return rig->vault != NULL;
}

static int rig_open(void **state)
{
    struct rig *rig = mem_zero(1, sizeof *rig);
    unsetenv("MOONTIDE_MASTER_KEY");
    log_level_set(LOG_OFF);
    folder_open();
    uv_loop_init(&rig->loop);
    assert_true(rig_open_vault(rig));
    *state = rig;
    return 0;
}

static void rig_close_both(struct rig *rig)
{
    bool store_closed = false;
    if (rig->vault)
        vault_rest(rig->vault);
    store_close(rig->store, set_flag, &store_closed);
    wait_for(rig, &store_closed);
    rig->store = NULL;
    if (!rig->vault)
        return;
    vault_close(rig->vault);
    rig->vault = NULL;
}

static int rig_close(void **state)
{
    struct rig *rig = *state;
    rig_close_both(rig);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    free(rig);
    folder_close();
    return 0;
}

struct done {
    bool done, failed;
    struct error err;
};

static void on_done(void *arg, const struct error *err)
{
    struct done *d = arg;
    d->done = true;
    d->failed = err != NULL;
    if (err)
        d->err = *err;
}

static void put(struct rig *rig, const char *name, const char *hosts, const char *value, int now_ms)
{
    struct done d = {0};
    struct vault_entry entry = {name, hosts, text_of(value)};
    struct store_audit audit = {.at_ms = now_ms, .actor = TEXT("test")};
    if (!vault_put(rig->vault, &entry, &audit, on_done, &d, &rig->err))
        fail_msg("%s", rig->err.text);
    wait_for(rig, &d.done);
    assert_false(d.failed);
}

static bool put_now(struct rig *rig, const char *name, const char *value)
{
    struct vault_entry entry = {name, "a.example", text_of(value)};
    return vault_put_blocking(folder_base, &entry, 100, &rig->err);
}

/* What the vault has under a name; "-" for nothing. */
static const char *value_of(const struct rig *rig, const char *name)
{
    static char value[256];
    struct buf out;
    const struct secret *s = vault_find(rig->vault, text_of(name));
    buf_init(&out, sizeof value - 1);
    if (s)
        secret_write(s, FORM_RAW, &out);
    snprintf(value, sizeof value, "%s", s ? out.data : "-");
    buf_done(&out);
    return value;
}

static void what_is_put_is_in_force_and_stays(void **state)
{
    struct rig *rig = *state;
    int64_t created_ms, updated_ms;
    assert_string_equal(value_of(rig, "API_KEY"), "-");
    put(rig, "API_KEY", "a.example", "first", 100);
    put(rig, "OTHER", "a.example", "other", 150);
    put(rig, "API_KEY", "b.example", "second", 200);
    assert_string_equal(value_of(rig, "API_KEY"), "second");
    rig_close_both(rig);
    assert_true(rig_open_vault(rig));
    assert_string_equal(value_of(rig, "API_KEY"), "second");
    assert_string_equal(value_of(rig, "OTHER"), "other");
    assert_string_equal(secret_hosts(vault_find(rig->vault, TEXT("API_KEY"))), "b.example");
    assert_true(vault_times(rig->vault, "API_KEY", &created_ms, &updated_ms));
    assert_int_equal(created_ms, 100);
    assert_int_equal(updated_ms, 200);
}

static void what_is_removed_is_gone(void **state)
{
    struct rig *rig = *state;
    struct done first = {0}, second = {0};
    put(rig, "API_KEY", "a.example", "value", 100);
    struct store_audit audit = {.at_ms = 200, .actor = TEXT("test")};
    vault_remove(rig->vault, "API_KEY", &audit, on_done, &first);
    vault_remove(rig->vault, "API_KEY", &audit, on_done, &second);
    wait_for(rig, &second.done);
    assert_false(first.failed);
    assert_true(second.failed);
    assert_int_equal(second.err.code, ERROR_MISSING);
    assert_string_equal(value_of(rig, "API_KEY"), "-");
}

static void a_change_of_the_cli_is_seen(void **state)
{
    struct rig *rig = *state;
    assert_true(put_now(rig, "API_KEY", "first"));
    while (strcmp(value_of(rig, "API_KEY"), "first") != 0)
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_true(put_now(rig, "API_KEY", "second"));
    while (strcmp(value_of(rig, "API_KEY"), "second") != 0)
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_true(vault_remove_blocking(folder_base, "API_KEY", 300, &rig->err));
    while (vault_find(rig->vault, TEXT("API_KEY")))
        uv_run(&rig->loop, UV_RUN_ONCE);
}

static void another_master_key_stops_the_start(void **state)
{
    struct rig *rig = *state;
    rig_close_both(rig);
    setenv("MOONTIDE_MASTER_KEY", KEY_A, 1);
    assert_true(rig_open_vault(rig));
    put(rig, "API_KEY", "a.example", "value", 100);
    rig_close_both(rig);
    setenv("MOONTIDE_MASTER_KEY", KEY_B, 1);
    assert_false(rig_open_vault(rig));
    assert_non_null(strstr(rig->err.text, "secret API_KEY was sealed with another master key than "
                                          "MOONTIDE_MASTER_KEY; give the right one"));
    assert_false(rig_open_vault(rig)); /* no variable any more */
    assert_non_null(
        strstr(rig->err.text, "master.key is missing, and with it the key of 1 secret;"));
    setenv("MOONTIDE_MASTER_KEY", "nonsense", 1);
    assert_false(rig_open_vault(rig));
    setenv("MOONTIDE_MASTER_KEY", KEY_A, 1);
    assert_true(rig_open_vault(rig));
    assert_string_equal(value_of(rig, "API_KEY"), "value");
    assert_int_equal(access(at("master.key").path, F_OK), -1);
}

static void the_cli_seals_with_the_hosts_key_or_not_at_all(void **state)
{
    struct rig *rig = *state;
    assert_true(put_now(rig, "API_KEY", "value"));
    setenv("MOONTIDE_MASTER_KEY", KEY_B, 1);
    assert_false(put_now(rig, "OTHER", "x"));
    assert_non_null(strstr(rig->err.text, "secret API_KEY was sealed with another master key"));
    unsetenv("MOONTIDE_MASTER_KEY");
    move("master.key", "away");
    assert_false(put_now(rig, "OTHER", "x"));
    assert_non_null(strstr(rig->err.text, "master.key is missing"));
    assert_int_equal(access(at("master.key").path, F_OK), -1);
}

static void a_damaged_row_stops_the_start(void **state)
{
    struct rig *rig = *state;
    struct store_secret *rows;
    size_t count;
    put(rig, "API_KEY", "a.example", "value", 100);
    rig_close_both(rig);
    struct store *now = store_open_blocking(folder_base, true, &rig->err);
    assert_non_null(now);
    assert_true(store_secrets_blocking(now, &rows, &count, &rig->err));
    struct store_secret moved = rows[0];
    moved.hosts = "evil.example";
    assert_true(store_secret_put_blocking(now, &moved, NULL, &rig->err));
    store_close_blocking(now);
    assert_false(rig_open_vault(rig));
    assert_non_null(strstr(rig->err.text, "secret API_KEY is damaged in the database"));
    store_secrets_free(rows, count);
}

static void with_a_secret_there_are_no_core_dumps(void **state)
{
    struct rig *rig = *state;
    struct rlimit limit;
    put(rig, "API_KEY", "a.example", "value", 100);
    getrlimit(RLIMIT_CORE, &limit);
    assert_true(limit.rlim_cur <= 1);
}

/* ---- texts with secrets */

static cJSON *tree_of(const char *json)
{
    struct error err;
    cJSON *tree = json_parse(text_of(json), &err);
    if (!tree)
        fail_msg("%s", err.text);
    return tree;
}

static struct secret_use use_for(struct rig *rig, const char *url)
{
    struct secret_use use = {.vault = rig->vault};
    assert_true(secret_target_read(text_of(url), &use.target));
    return use;
}

static void expect_filled(struct rig *rig, const char *json, enum secret_place place,
                          const char *wanted)
{
    struct secret_use use = use_for(rig, "https://a.example/");
    struct buf out, scrubbed;
    cJSON *tree = tree_of(json);
    buf_init(&out, 4096);
    buf_init(&scrubbed, 4096);
    assert_true(secret_text_ok(tree, &rig->err));
    assert_true(secret_text_is(tree));
    if (!secret_text_fill(tree, place, &use, &out, &rig->err))
        fail_msg("%s", rig->err.text);
    assert_string_equal(out.data, wanted);
    assert_true(scrub_text(use.sent, buf_view(&out), &scrubbed));
    assert_null(memmem(scrubbed.data, scrubbed.len, "k/?y", 4));
    buf_done(&scrubbed);
    secret_text_wipe(&out);
    scrub_free(use.sent);
    cJSON_Delete(tree);
}

static void texts_are_filled_with_values(void **state)
{
    struct rig *rig = *state;
    put(rig, "KEY", "a.example", "k/?y", 100);
    expect_filled(rig, "{\"$secret\":[\"Bearer \",{\"name\":\"KEY\"}]}", PLACE_PLAIN,
                  "Bearer k/?y");
    expect_filled(rig, "{\"$secret\":[{\"name\":\"KEY\"},\"-\",{\"name\":\"KEY\"}]}", PLACE_PLAIN,
                  "k/?y-k/?y");
    expect_filled(rig,
                  "{\"$secret\":[\"https://a.example/\",{\"name\":\"KEY\"},\"/x?q=\","
                  "{\"name\":\"KEY\"}]}",
                  PLACE_URL, "https://a.example/k/%3Fy/x?q=k%2F%3Fy");
}

static void expect_refused(struct rig *rig, const char *url, const char *code, const char *text)
{
    struct secret_use use = use_for(rig, url);
    struct buf out;
    cJSON *tree = tree_of("{\"$secret\":[\"Bearer \",{\"name\":\"KEY\"}]}");
    buf_init(&out, 4096);
    assert_false(secret_text_fill(tree, PLACE_PLAIN, &use, &out, &rig->err));
    assert_string_equal(use.code, code);
    assert_string_equal(rig->err.text, text);
    assert_int_equal(out.len, 0);
    buf_done(&out);
    cJSON_Delete(tree);
}

static void values_go_nowhere_else(void **state)
{
    struct rig *rig = *state;
    expect_refused(rig, "https://a.example/", "secret.missing",
                   "there is no secret KEY; `moontide secret set KEY --host a.example` makes it");
    put(rig, "KEY", "a.example,b.example:8443", "hidden", 100);
    expect_refused(rig, "https://c.example/", "secret.host",
                   "secret KEY is not sent to c.example, which is not among its hosts (hosts: "
                   "a.example,b.example:8443)");
    expect_refused(rig, "https://b.example/", "secret.host",
                   "secret KEY is not sent to b.example, which is not among its hosts (hosts: "
                   "a.example,b.example:8443)");
    expect_refused(rig, "http://a.example/", "secret.host",
                   "secret KEY is not sent to a.example, which is asked over plain http; use https "
                   "(hosts: a.example,b.example:8443)");
}

static void malformed_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "null",
        "7",
        "[\"x\"]",
        "{}",
        "{\"$secret\":\"x\"}",
        "{\"$secret\":[]}",
        "{\"$secret\":[7]}",
        "{\"$secret\":[{}]}",
        "{\"$secret\":[{\"name\":7}]}",
        "{\"$secret\":[{\"name\":\"a b\"}]}",
        "{\"$secret\":[[\"x\"]]}",
    };
    struct error err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cJSON *tree = tree_of(bad[i]);
        if (secret_text_ok(tree, &err))
            fail_msg("%s", bad[i]);
        cJSON_Delete(tree);
    }
    assert_false(secret_text_ok(NULL, &err));
}

static void texts_are_shown_without_values(void **state)
{
    (void)state;
    struct buf out;
    int pos = 0;
    cJSON *tree = tree_of("{\"$secret\":[\"a\",{\"name\":\"KEY\"},\"b\"]}");
    buf_init(&out, 4096);
    secret_text_show(tree, &out);
    assert_string_equal(out.data, "a[secret KEY]b");
    assert_string_equal(secret_text_front(tree), "a");
    assert_string_equal(secret_text_next(tree, &pos), "a");
    assert_string_equal(secret_text_next(tree, &pos), "b");
    assert_null(secret_text_next(tree, &pos));
    buf_done(&out);
    cJSON_Delete(tree);
}

#define RIG(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG(what_is_put_is_in_force_and_stays),
        RIG(what_is_removed_is_gone),
        RIG(a_change_of_the_cli_is_seen),
        RIG(another_master_key_stops_the_start),
        RIG(the_cli_seals_with_the_hosts_key_or_not_at_all),
        RIG(a_damaged_row_stops_the_start),
        RIG(with_a_secret_there_are_no_core_dumps),
        RIG(texts_are_filled_with_values),
        RIG(values_go_nowhere_else),
        cmocka_unit_test(malformed_texts_are_refused),
        cmocka_unit_test(texts_are_shown_without_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
