/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"
#include <signal.h>
#include <sys/resource.h>

/* No file of this process may grow past this, as on a disk with little left. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void expect_full(const struct fixture *f, const struct store_order *o)
{
    assert_int_equal(o->outcome, STORE_BROKEN);
    assert_int_equal(o->err.code, ERROR_IO);
    if (strncmp(o->err.text, "disk full: ", 11) != 0)
        fail_msg("\"%s\"", o->err.text);
    assert_non_null(strstr(o->err.text, "free space in"));
    assert_non_null(strstr(o->err.text, f->data));
}

static void a_full_disk_breaks_the_group_and_the_store_recovers_with_it(void **state)
{
    struct fixture *f = *state;
    enum { N = 8, BYTES = 1 << 20 };
    char *bytes = malloc(BYTES);
    memset(bytes, 'x', BYTES);
    make_run(f, "run_a", STORE_RUNNING, 0);
    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    limit_files(BYTES / 2);

    struct store_accept in = accept_of("support", "refund");
    struct store_order orders[N];
    bool done[N] = {0};
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_b%d", i);
        orders[i] = acceptance(run, &in, 1);
        orders[i].chunk = (struct text){bytes, BYTES};
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
    wait_for(&f->loop, &done[N - 1]);
    for (int i = 0; i < N; i++)
        expect_full(f, &orders[i]);
    assert_string_equal(list_runs(f, (struct store_list){0}).text, "a");

    limit_files(RLIM_INFINITY);
    write_ok(f, &orders[0]);
    fixture_close(f);
    fixture_open(f);
    assert_string_equal(list_runs(f, (struct store_list){0}).text, "b0 a");
    assert_int_equal(read_journal(f, "run_b0", 1, 1).bytes, BYTES);
    free(bytes);
}

static void a_database_at_its_page_limit_says_disk_full_and_serves_small_orders(void **state)
{
    struct fixture *f = *state;
    enum { BYTES = 1 << 20 };
    char *bytes = malloc(BYTES);
    memset(bytes, 'x', BYTES);
    fixture_close(f);
    f->options.page_max = 40;
    fixture_open(f);
    struct store_accept in = accept_of("support", "refund");
    in.unique = true;
    struct store_order o = acceptance("run_a", &in, 1);
    o.chunk = (struct text){bytes, BYTES};
    write_order(f, &o);
    expect_full(f, &o);
    o = acceptance("run_b", &in, 1); /* the claim of the broken one is free */
    write_ok(f, &o);
    free(bytes);
}

static void reads_go_on_while_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_RUNNING, 0);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(1);
    struct store_order o = later("run_a", 2, 1);
    write_order(f, &o);
    expect_full(f, &o);
    assert_int_equal(read_journal(f, "run_a", 1, 1).end, 1);
    limit_files(RLIM_INFINITY);
    write_ok(f, &o);
    assert_int_equal(read_journal(f, "run_a", 1, 1).end, 2);
}

static void the_log_stays_small_however_much_is_written(void **state)
{
    struct fixture *f = *state;
    enum { BYTES = 1 << 20, N = 64 };
    char *bytes = malloc(BYTES);
    memset(bytes, 'x', BYTES);
    make_run(f, "run_a", STORE_RUNNING, 0);
    for (uint64_t i = 0; i < N; i++) {
        struct store_order o = later("run_a", i + 2, 1);
        o.chunk = (struct text){bytes, BYTES};
        write_ok(f, &o);
    }
    struct stat st;
    assert_int_equal(stat(path_in(f->data, "moontide.db-wal"), &st), 0);
    assert_true(st.st_size < 20 * BYTES);
    free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct store_factory factory = {.name = "sqlite", .open = store_open};
    conformance_factory = &factory;
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_breaks_the_group_and_the_store_recovers_with_it),
        TEST(a_database_at_its_page_limit_says_disk_full_and_serves_small_orders),
        TEST(reads_go_on_while_the_disk_is_full),
        TEST(the_log_stays_small_however_much_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
