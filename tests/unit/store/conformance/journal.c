/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

/* run_b: chunks 1+2, 3+1, 4+5, 9+1 of 10 bytes each, between two other runs. */
static int set_up_journal(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    static const uint32_t counts[] = {2, 1, 5, 1};
    static const char *const texts[] = {"a23456789a", "b23456789b", "c23456789c", "d23456789d"};
    make_run(f, "run_a", STORE_RUNNING, 0);
    struct store_accept in = accept_of("support", "refund");
    uint64_t first = 1;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct store_order o = i ? later("run_b", first, counts[i]) : acceptance("run_b", &in, 2);
        o.chunk = text_of(texts[i]);
        write_ok(f, &o);
        first += counts[i];
        if (i == 0)
            make_run(f, "run_c", STORE_RUNNING, 0);
    }
    return 0;
}

static void expect(struct fixture *f, uint64_t from, size_t max_bytes, const char *chunks)
{
    struct seen_journal seen = read_journal(f, "run_b", from, max_bytes);
    assert_string_equal(seen.text, chunks);
    assert_int_equal(seen.end, 9);
    assert_int_equal(seen.status, STORE_QUEUED);
}

static void a_journal_reads_from_any_record(void **state)
{
    struct fixture *f = *state;
    expect(f, 0, 1000, "1+2 3+1 4+5 9+1");
    expect(f, 1, 1000, "1+2 3+1 4+5 9+1");
    expect(f, 2, 1000, "1+2 3+1 4+5 9+1");
    expect(f, 3, 1000, "3+1 4+5 9+1");
    expect(f, 4, 1000, "4+5 9+1");
    expect(f, 8, 1000, "4+5 9+1");
    expect(f, 9, 1000, "9+1");
    expect(f, 10, 1000, "");
    expect(f, UINT64_MAX, 1000, "");
}

static void max_bytes_cuts_between_chunks_and_leaves_one_at_least(void **state)
{
    struct fixture *f = *state;
    expect(f, 1, 0, "1+2");
    expect(f, 1, 19, "1+2");
    expect(f, 1, 20, "1+2 3+1");
    expect(f, 8, 5, "4+5");
    expect(f, 1, SIZE_MAX, "1+2 3+1 4+5 9+1");
}

static void the_bytes_are_those_written(void **state)
{
    struct seen_journal seen = read_journal(*state, "run_b", 3, 1000);
    assert_string_equal(seen.chunks, "b23456789b|c23456789c|d23456789d");
}

static void an_unknown_run_has_no_end(void **state)
{
    struct seen_journal seen = read_journal(*state, "run_x", 1, 1000);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.end, 0);
    assert_int_equal(seen.status, 0);
}

static void a_run_without_records_is_known_by_its_status(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = accept_of("support", "refund");
    struct store_order o = acceptance("run_d", &in, 0);
    o.update.status = STORE_RUNNING;
    write_ok(f, &o);
    struct seen_journal seen = read_journal(f, "run_d", 1, 1000);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.end, 0);
    assert_int_equal(seen.status, STORE_RUNNING);
}

static void large_and_many_chunks_read_back(void **state)
{
    struct fixture *f = *state;
    enum { BYTES = 300000, N = 5 };
    char *bytes = malloc(BYTES);
    struct store_accept in = accept_of("support", "refund");
    for (int i = 0; i < N; i++) {
        memset(bytes, 'a' + i, BYTES);
        struct store_order o = i ? later("run_d", (uint64_t)i + 1, 1) : acceptance("run_d", &in, 1);
        o.chunk = (struct text){bytes, BYTES};
        write_ok(f, &o);
    }
    struct seen_journal seen = read_journal(f, "run_d", 1, SIZE_MAX);
    assert_int_equal(seen.count, N);
    assert_int_equal(seen.bytes, N * BYTES);
    seen = read_journal(f, "run_d", 2, 2 * BYTES);
    assert_string_equal(seen.text, "2+1 3+1");
    free(bytes);
}

static void a_read_sees_every_write_whose_done_was_called(void **state)
{
    struct fixture *f = *state;
    for (uint64_t seq = 10; seq < 60; seq++) {
        struct store_order o = later("run_b", seq, 1);
        write_ok(f, &o);
        assert_int_equal(read_journal(f, "run_b", seq, 1).end, seq);
    }
}

static void a_run_ends_at_its_named_limit(void **state)
{
    struct fixture *f = *state;
    struct store_order o = later("run_b", 10, (1u << 24) - 10);
    write_ok(f, &o);
    assert_int_equal(read_journal(f, "run_b", 10, 1).end, (1 << 24) - 1);
    o = later("run_b", 1 << 24, 1);
    assert_int_equal(write_order(f, &o), STORE_WRONG);
    assert_int_equal(o.err.code, ERROR_LIMIT);
    assert_int_equal(read_journal(f, "run_c", 1, 1).end, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_journal, tear_down)

int conform_journal(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_journal_reads_from_any_record),
        TEST(max_bytes_cuts_between_chunks_and_leaves_one_at_least),
        TEST(the_bytes_are_those_written),
        TEST(an_unknown_run_has_no_end),
        TEST(a_run_without_records_is_known_by_its_status),
        TEST(large_and_many_chunks_read_back),
        TEST(a_read_sees_every_write_whose_done_was_called),
        TEST(a_run_ends_at_its_named_limit),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
