/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

static void a_run_reads_back_as_written(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = accept_of("support", "refund");
    in.session = TEXT("s 1");
    in.instruction = TEXT("be kind");
    in.parent = TEXT("run_p");
    struct store_order o = acceptance("run_a", &in, 3);
    o.update = (struct store_update){.status = STORE_COMPLETED, .started_ms = 11};
    o.update.finished_ms = 12;
    o.update.steps = 4;
    o.update.result = TEXT("{\"ok\":true}");
    write_ok(f, &o);
    struct seen_run seen = get_run(f, "run_a");
    assert_true(seen.found);
    assert_string_equal(seen.row.run, "run_a");
    assert_string_equal(seen.project, "support");
    assert_string_equal(seen.trigger, "refund");
    assert_string_equal(seen.session, "s 1");
    assert_string_equal(seen.instruction, "be kind");
    assert_string_equal(seen.event, "{\"body\":{}}");
    assert_string_equal(seen.result, "{\"ok\":true}");
    assert_string_equal(seen.parent, "run_p");
    assert_memory_equal(seen.row.version, in.version, SHA256_BYTES);
    assert_true(seen.row.seed == in.seed);
    assert_int_equal(seen.row.status, STORE_COMPLETED);
    assert_int_equal(seen.row.created_ms, 1000);
    assert_int_equal(seen.row.started_ms, 11);
    assert_int_equal(seen.row.finished_ms, 12);
    assert_int_equal(seen.row.wake_ms, 0);
    assert_int_equal(seen.row.steps, 4);
    assert_int_equal(seen.row.seq, 3);
}

static void absent_texts_stay_absent_and_empty_ones_empty(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = accept_of("support", "refund");
    in.instruction = TEXT("");
    struct store_order o = acceptance("run_a", &in, 0);
    write_ok(f, &o);
    struct seen_run seen = get_run(f, "run_a");
    assert_true(seen.has_instruction);
    assert_false(seen.has_session || seen.has_result || seen.has_parent);
    assert_int_equal(seen.row.status, STORE_QUEUED);
    assert_int_equal(seen.row.seq, 0);
}

static void an_unknown_run_is_not_found(void **state)
{
    struct seen_run seen = get_run(*state, "run_nobody");
    assert_false(seen.found);
}

static void a_large_event_reads_back_whole(void **state)
{
    struct fixture *f = *state;
    char event[6001];
    memset(event, 'x', sizeof event - 1);
    event[sizeof event - 1] = '\0';
    struct store_accept in = accept_of("support", "refund");
    in.event = text_of(event);
    struct store_order o = acceptance("run_a", &in, 1);
    write_ok(f, &o);
    struct store_order p = later("run_a", 2, 1);
    p.update.status = STORE_FAILED;
    write_ok(f, &p);
    struct seen_run seen = get_run(f, "run_a");
    assert_string_equal(seen.event, event);
    assert_int_equal(seen.row.status, STORE_FAILED);
}

static void an_update_leaves_other_fields_alone(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 5000);
    struct store_order o = later("run_a", 2, 2);
    o.update.steps = 9;
    write_ok(f, &o);
    struct seen_run seen = get_run(f, "run_a");
    assert_int_equal(seen.row.status, STORE_WAITING);
    assert_int_equal(seen.row.wake_ms, 5000);
    assert_int_equal(seen.row.steps, 9);
    assert_int_equal(seen.row.seq, 3);
    o = later("run_a", 4, 0);
    o.update.wake_ms = -1;
    o.update.error_code = TEXT("limit.cpu");
    o.update.error_message = TEXT("too slow");
    o.update.error_at = TEXT("support/refund.lua:3");
    write_ok(f, &o);
    seen = get_run(f, "run_a");
    assert_int_equal(seen.row.wake_ms, 0);
    assert_int_equal(seen.row.steps, 9);
    assert_int_equal(seen.row.seq, 3);
    assert_string_equal(seen.error_code, "limit.cpu");
    assert_string_equal(seen.error_message, "too slow");
    assert_string_equal(seen.error_at, "support/refund.lua:3");
}

static void a_final_status_clears_the_wake_time(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_WAITING, 5000);
    struct store_order o = later("run_a", 2, 0);
    o.update.status = STORE_CANCELLED;
    write_ok(f, &o);
    assert_int_equal(get_run(f, "run_a").row.wake_ms, 0);
}

static void a_chunk_alone_moves_the_sequence_number(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_RUNNING, 0);
    struct store_order o = later("run_a", 2, 5);
    write_ok(f, &o);
    assert_int_equal(get_run(f, "run_a").row.seq, 6);
}

/* ---- orders that do not fit */

static void expect_wrong(struct fixture *f, struct store_order *o, enum error_code code,
                         const char *text)
{
    assert_int_equal(write_order(f, o), STORE_WRONG);
    assert_int_equal(o->err.code, code);
    if (!strstr(o->err.text, text))
        fail_msg("\"%s\" lacks \"%s\"", o->err.text, text);
}

static void what_was_written_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    need_keeping();
    make_run(f, "run_a", STORE_WAITING, 77);
    fixture_close(f);
    fixture_open(f);
    struct seen_run seen = get_run(f, "run_a");
    assert_true(seen.found);
    assert_int_equal(seen.row.wake_ms, 77);
    assert_int_equal(read_journal(f, "run_a", 1, 100).end, 1);
}

static void an_order_for_no_run_is_wrong(void **state)
{
    struct store_order o = later("run_nobody", 1, 1);
    expect_wrong(*state, &o, ERROR_MISSING, "no run run_nobody");
}

static void a_gap_or_an_overlap_in_the_journal_is_wrong_alone(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_RUNNING, 0);
    struct store_order gap = later("run_a", 3, 1), overlap = later("run_a", 1, 1);
    gap.update.status = STORE_FAILED;
    expect_wrong(f, &gap, ERROR_INTERNAL, "begins at 3, expected 2");
    expect_wrong(f, &overlap, ERROR_INTERNAL, "begins at 1, expected 2");
    struct seen_run seen = get_run(f, "run_a");
    assert_int_equal(seen.row.status, STORE_RUNNING);
    assert_int_equal(seen.row.seq, 1);
}

static void a_run_id_is_used_once(void **state)
{
    struct fixture *f = *state;
    make_run(f, "run_a", STORE_RUNNING, 0);
    struct store_accept in = accept_of("other", "thing");
    in.unique = true;
    struct store_order o = acceptance("run_a", &in, 1);
    expect_wrong(f, &o, ERROR_EXISTS, "run");
    assert_string_equal(get_run(f, "run_a").project, "support");
    /* Its claim went with it. */
    o = acceptance("run_b", &in, 1);
    write_ok(f, &o);
}

static void a_wrong_order_leaves_the_others_of_its_group_alone(void **state)
{
    struct fixture *f = *state;
    enum { N = 9 };
    struct store_accept in = accept_of("support", "refund");
    struct store_order orders[N];
    bool done[N] = {0};
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_%d", i == 5 ? 2 : i); /* the sixth repeats an id */
        orders[i] = acceptance(run, &in, 1);
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
    wait_for(&f->loop, &done[N - 1]);
    for (int i = 0; i < N; i++) {
        assert_true(done[i]);
        assert_int_equal(orders[i].outcome, i == 5 ? STORE_WRONG : STORE_DONE);
    }
    assert_string_equal(list_runs(f, (struct store_list){0}).text, "8 7 6 4 3 2 1 0");
}

/* ---- order and grouping */

struct numbered {
    struct store_order o;
    int number;
    struct tally *tally;
};
struct tally {
    int next;
    bool done;
    int total;
};

static void on_numbered(struct store_order *o)
{
    struct numbered *n = CONTAINER_OF(o, struct numbered, o);
    assert_int_equal(n->number, n->tally->next);
    assert_int_equal(o->outcome, STORE_DONE);
    n->tally->done = ++n->tally->next == n->tally->total;
}

static void done_comes_in_the_order_of_the_calls(void **state)
{
    struct fixture *f = *state;
    enum { N = 300 };
    struct numbered *all = calloc(N, sizeof *all);
    struct tally tally = {.total = N};
    struct store_accept in = accept_of("support", "refund");
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_%03d", i / 3);
        all[i].o = i % 3 == 0 ? acceptance(run, &in, 1) : later(run, (uint64_t)(i % 3) + 1, 1);
        all[i].o.done = on_numbered;
        all[i].number = i;
        all[i].tally = &tally;
        store_write(f->s, &all[i].o);
    }
    size_t waiting;
    int64_t commit_us;
    store_load(f->s, &waiting, &commit_us);
    assert_int_equal(waiting, N);
    wait_for(&f->loop, &tally.done);
    store_load(f->s, &waiting, &commit_us);
    assert_int_equal(waiting, 0);
    assert_true(commit_us > 0);
    assert_int_equal(get_run(f, "run_099").row.seq, 3);
    free(all);
}

static void groups_are_no_larger_than_asked(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    f->options.group_max = 2;
    fixture_open(f);
    enum { N = 7 };
    struct store_accept in = accept_of("support", "refund");
    struct store_order orders[N];
    bool done[N] = {0};
    for (int i = 0; i < N; i++) {
        char run[ID_BYTES];
        snprintf(run, sizeof run, "run_%d", i);
        orders[i] = acceptance(run, &in, 1);
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
    wait_for(&f->loop, &done[N - 1]);
    assert_int_equal(list_runs(f, (struct store_list){0}).count, N);
}

/* A callback may order more, read, and even close. */
struct chain {
    struct fixture *f;
    struct store_order first, second;
    struct seen_run seen;
    bool closed;
};

static void on_second(struct store_order *o)
{
    struct chain *c = o->arg;
    store_get_run(c->f->s, "run_a", on_run, &c->seen);
}

static void on_first(struct store_order *o)
{
    struct chain *c = o->arg;
    c->second = later("run_a", 2, 1);
    c->second.done = on_second;
    c->second.arg = c;
    store_write(c->f->s, &c->second);
    store_close(c->f->s, set_flag, &c->closed);
}

static void closing_from_a_callback_finishes_what_follows_from_it(void **state)
{
    struct fixture *f = *state;
    struct chain c = {.f = f};
    struct store_accept in = accept_of("support", "refund");
    c.first = acceptance("run_a", &in, 1);
    c.first.done = on_first;
    c.first.arg = &c;
    store_write(f->s, &c.first);
    wait_for(&f->loop, &c.closed);
    f->s = NULL;
    assert_true(c.seen.done && c.seen.found);
    assert_int_equal(c.seen.row.seq, 2);
}

static void close_delivers_what_was_ordered(void **state)
{
    struct fixture *f = *state;
    struct store_accept in = accept_of("support", "refund");
    struct store_order o = acceptance("run_a", &in, 1);
    struct seen_run seen = {0};
    bool done = false;
    o.done = on_done;
    o.arg = &done;
    store_write(f->s, &o);
    store_get_run(f->s, "run_b", on_run, &seen);
    bool closed = false;
    store_close(f->s, set_flag, &closed);
    assert_true(done);
    assert_true(seen.done);
    wait_for(&f->loop, &closed);
    f->s = NULL;
    need_keeping();
    fixture_open(f);
    assert_true(get_run(f, "run_a").found);
}

/* ---- versions */

struct seen_version {
    bool done;
    bool there;
    char bundle[64];
};

static void on_version(void *arg, struct text bundle, const struct error *err)
{
    struct seen_version *seen = arg;
    assert_null(err);
    seen->done = true;
    seen->there = bundle.data != NULL;
    copy_text(seen->bundle, sizeof seen->bundle, bundle);
}

static void a_version_is_kept_once_and_read_back(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[SHA256_BYTES] = {1}, other[SHA256_BYTES] = {2};
    struct seen_write written = {0};
    store_put_version(f->s, hash, TEXT("support"), TEXT("refund"), TEXT("return {}"), NULL, NULL);
    store_put_version(f->s, hash, TEXT("support"), TEXT("refund"), TEXT("return {}"), on_written,
                      &written);
    wait_for(&f->loop, &written.done);
    assert_false(written.failed);
    struct seen_version seen = {0}, none = {0};
    store_get_version(f->s, hash, on_version, &seen);
    store_get_version(f->s, other, on_version, &none);
    wait_for(&f->loop, &none.done);
    assert_true(seen.done && seen.there);
    assert_string_equal(seen.bundle, "return {}");
    assert_false(none.there);
}

static void status_names_go_both_ways(void **state)
{
    (void)state;
    for (int s = STORE_QUEUED; s <= STORE_TIMED_OUT; s++) {
        assert_int_equal(store_status_of(text_of(store_status_name((enum store_status)s))), s);
        assert_int_equal(store_status_final((enum store_status)s), s >= STORE_COMPLETED);
    }
    assert_int_equal(store_status_of(TEXT("asleep")), 0);
    assert_int_equal(store_status_of(TEXT_NONE), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int conform_runs(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_reads_back_as_written),
        TEST(absent_texts_stay_absent_and_empty_ones_empty),
        TEST(an_unknown_run_is_not_found),
        TEST(a_large_event_reads_back_whole),
        TEST(an_update_leaves_other_fields_alone),
        TEST(a_final_status_clears_the_wake_time),
        TEST(a_chunk_alone_moves_the_sequence_number),
        TEST(what_was_written_is_there_after_reopening),
        TEST(an_order_for_no_run_is_wrong),
        TEST(a_gap_or_an_overlap_in_the_journal_is_wrong_alone),
        TEST(a_run_id_is_used_once),
        TEST(a_wrong_order_leaves_the_others_of_its_group_alone),
        TEST(done_comes_in_the_order_of_the_calls),
        TEST(groups_are_no_larger_than_asked),
        TEST(closing_from_a_callback_finishes_what_follows_from_it),
        TEST(close_delivers_what_was_ordered),
        TEST(a_version_is_kept_once_and_read_back),
        cmocka_unit_test(status_names_go_both_ways),
    };
    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
