/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"
#include "store/sqlite/hosts.h"
#include "store/sqlite/schema.h"
#include <errno.h>

static void put_file(const char *data, const char *bytes, size_t len)
{
    FILE *file = fopen(path_in(data, "moontide.db"), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void run_sql(const char *data, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_in(data, "moontide.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void expect_refusal(struct fixture *f, enum error_code code, const char *text)
{
    struct error err = {0};
    f->options.data = f->data;
    f->options.loop = &f->loop;
    assert_null(store_open(&f->options, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" lacks \"%s\"", err.text, text);
}

static void a_clean_close_leaves_one_database_file(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_RUNNING, 0);
    fixture_close(f);
    assert_int_equal(access(path_in(f->data, "moontide.db-wal"), F_OK), -1);
    assert_int_equal(access(path_in(f->data, "moontide.db"), F_OK), 0);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void only_the_owner_may_look(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_RUNNING, 0);
    assert_int_equal(mode_of(path_in(f->data, "moontide.db")), 0600);
    assert_int_equal(mode_of(path_in(f->data, "moontide.db-wal")), 0600);
    assert_int_equal(mode_of(path_in(f->data, "lock")), 0600);
}

static void a_missing_folder_is_made_for_the_owner(void **state)
{
    struct fixture *f = *state;
    struct fixture inner = {.loop = f->loop};
    assert_int_equal(uv_loop_init(&inner.loop), 0);
    snprintf(inner.data, sizeof inner.data, "%.50s/inner", f->data);
    fixture_open(&inner);
    assert_int_equal(mode_of(inner.data), 0700);
    fixture_close(&inner);
    assert_int_equal(uv_loop_close(&inner.loop), 0);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct store_options options = {.loop = &f->loop};
    char deep[128];
    snprintf(deep, sizeof deep, "%s/no/such", f->data);
    options.data = deep;
    assert_null(store_open(&options, &err));
    assert_non_null(strstr(err.text, "making the data folder"));
    assert_non_null(strstr(err.text, strerror(ENOENT)));
}

static void a_folder_serves_one_host_at_a_time(void **state)
{
    struct fixture *f = *state;
    char text[200];
    snprintf(
        text, sizeof text,
        "data folder \"%s\" is in use by process %d; stop that one or give another with --data",
        f->data, (int)getpid());
    expect_refusal(f, ERROR_BUSY, text);
    fixture_close(f);
    fixture_open(f);
}

static void a_file_of_garbage_is_refused(void **state)
{
    struct fixture *f = *state;
    char garbage[10000];
    memset(garbage, '?', sizeof garbage);
    put_file(f->data, garbage, sizeof garbage);
    expect_refusal(f, ERROR_IO, "is not a database; move it away");
    put_file(f->data, "short", 5);
    expect_refusal(f, ERROR_IO, "is not a database; move it away");
}

static void the_database_of_another_program_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    run_sql(f->data, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
    struct stat before, after;
    stat(path_in(f->data, "moontide.db"), &before);
    expect_refusal(f, ERROR_INVALID, "is the database of another program");
    stat(path_in(f->data, "moontide.db"), &after);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_int_equal(access(path_in(f->data, "moontide.db-wal"), F_OK), -1);
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    fixture_close(f);
    run_sql(f->data, "PRAGMA user_version = 99");
    expect_refusal(f, ERROR_INVALID, "was written by a newer moontide (schema 99");
}

static void damage_is_told_when_it_is_met(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    for (int i = 0; i < 50; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_%02d", i);
        make_run(f, run, STORE_RUNNING, 0);
    }
    fixture_close(f);
    FILE *file = fopen(path_in(f->data, "moontide.db"), "r+");
    char junk[8192];
    memset(junk, 0x5a, sizeof junk);
    for (long page = 1; page < 12; page++) {
        fseek(file, page * 8192, SEEK_SET);
        fwrite(junk, 1, sizeof junk, file);
    }
    fclose(file);
    fixture_open(f);
    struct store_order o = later("run_00", 2, 1);
    assert_int_equal(write_order(f, &o), STORE_BROKEN);
    assert_non_null(strstr(o.err.text, "is damaged; stop moontide and put a copy back"));
    struct seen_run seen = {0};
    store_get_run(f->s, "run_00", on_run, &seen);
    wait_for(&f->loop, &seen.done);
    assert_true(seen.failed);
}

/* ---- migration, with steps of its own */

static bool migrate(const char *data, const char *const *steps, size_t count, struct error *err)
{
    struct connection q;
    char path[128];
    snprintf(path, sizeof path, "%s", path_in(data, "moontide.db"));
    assert_true(connection_open_file(&q, data, path, err));
    bool ok = schema_migrate(&q, steps, count, err);
    connection_close(&q);
    return ok;
}

static void an_older_schema_is_brought_up_to_date(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    static const char *const steps[] = {"CREATE TABLE a(x); INSERT INTO a VALUES(1)",
                                        "ALTER TABLE a ADD y DEFAULT 5", "CREATE TABLE b(z)"};
    put_file(f->data, "", 0);
    assert_true(migrate(f->data, steps, 1, &err));
    assert_true(migrate(f->data, steps, 3, &err));
    assert_true(migrate(f->data, steps, 3, &err));
    run_sql(f->data, "UPDATE a SET x = 2 WHERE y = 5; INSERT INTO b VALUES(1)");
    assert_false(migrate(f->data, steps, 2, &err));
    assert_int_equal(err.code, ERROR_INVALID);
}

static void a_step_that_fails_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    static const char *const bad[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE TABLE a(x)"};
    static const char *const good[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x)"};
    put_file(f->data, "", 0);
    assert_false(migrate(f->data, bad, 2, &err));
    assert_non_null(strstr(err.text, "bringing the database up to date: "));
    assert_true(migrate(f->data, good, 2, &err));
}

/* The schema of the version before inboxes and owners, and what a host of it leaves behind. */
static void the_folder_of_the_version_before_opens_and_its_runs_go_on(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    put_file(f->data, "", 0);
    assert_true(migrate(f->data, schema_steps, 6, &err));
    run_sql(f->data,
            "INSERT INTO run(run, project, trigger, kind, version, seed, status, created_ms,"
            " started_ms, finished_ms, wake_ms, steps, seq, event) VALUES"
            "('run_1', 'p', 't', 'api', zeroblob(32), 1, 3, 1, 1, 0, 500, 2, 2, '{}'),"
            "('run_2', 'p', 't', 'api', zeroblob(32), 1, 2, 1, 1, 0, 0, 2, 1, '{}'),"
            "('run_3', 'p', 't', 'api', zeroblob(32), 1, 4, 1, 1, 2, 0, 2, 1, '{}');"
            "INSERT INTO journal(pos, count, bytes) VALUES(1 << 24 | 1, 2, 'ab');"
            "INSERT INTO journal(pos, count, bytes) VALUES(2 << 24 | 1, 1, 'c')");
    fixture_open(f);
    assert_string_equal(due_runs(f, 500, true, NULL, 10).text, "1 2");
    assert_string_equal(get_run(f, "run_1").owner, store_host_id(f->s));
    assert_null(get_run(f, "run_1").row.waiting.data);
    assert_string_equal(read_journal(f, "run_1", 1, 100).chunks, "ab");
    struct store_order o = later("run_1", 3, 1);
    o.update.status = STORE_RUNNING;
    o.update.wake_ms = -1;
    write_ok(f, &o);
    assert_string_equal(due_runs(f, 500, true, NULL, 10).text, "1 2");
    assert_int_equal(read_journal(f, "run_1", 1, 100).end, 3);
}

/* ---- two that open the same folder at once */

struct other_opener {
    struct connection q;
    char host[ID_BYTES];
    bool done;
};

/* SQLite asks this while it prepares the INSERT, which is the last moment before it runs. */
static int name_the_host_first(void *ctx, int action, const char *table, const char *column,
                               const char *database, const char *trigger)
{
    struct other_opener *other = ctx;
    struct error err = {0};
    (void)column, (void)database, (void)trigger;
    if (action != SQLITE_INSERT || strcmp(table, "host") != 0 || other->done)
        return SQLITE_OK;
    other->done = true;
    assert_true(hosts_own(&other->q, other->host, &err));
    return SQLITE_OK;
}

static void two_that_open_a_folder_at_once_name_one_host(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct other_opener other = {.done = false};
    struct connection q;
    char host[ID_BYTES];
    int64_t rows = 0;
    assert_true(connection_open(&q, f->data, CONNECTION_WRITER, &err));
    assert_true(connection_open(&other.q, f->data, CONNECTION_WRITER, &err));
    sqlite3_set_authorizer(q.db, name_the_host_first, &other);
    assert_true(hosts_own(&q, host, &err));
    assert_true(other.done);
    assert_string_equal(host, other.host);
    assert_true(connection_ask_int(&q, "SELECT count(*) FROM host", &rows, &err));
    assert_int_equal(rows, 1);
    connection_close(&other.q);
    connection_close(&q);
}

#define OPEN(name)   cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define FOLDER(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down)

int main(void)
{
    static const struct store_factory factory = {.name = "sqlite", .open = store_open};
    conformance_factory = &factory;
    const struct CMUnitTest tests[] = {
        OPEN(a_clean_close_leaves_one_database_file),
        OPEN(only_the_owner_may_look),
        FOLDER(a_missing_folder_is_made_for_the_owner),
        FOLDER(a_folder_that_cannot_be_made_is_named),
        OPEN(a_folder_serves_one_host_at_a_time),
        FOLDER(a_file_of_garbage_is_refused),
        FOLDER(the_database_of_another_program_is_refused_and_left_alone),
        FOLDER(a_newer_schema_is_refused),
        FOLDER(damage_is_told_when_it_is_met),
        FOLDER(an_older_schema_is_brought_up_to_date),
        FOLDER(a_step_that_fails_changes_nothing),
        FOLDER(the_folder_of_the_version_before_opens_and_its_runs_go_on),
        FOLDER(two_that_open_a_folder_at_once_name_one_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
