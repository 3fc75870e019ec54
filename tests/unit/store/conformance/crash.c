/* SPDX-License-Identifier: MIT */
/* A crash in the middle of writing: what was reported is there, the rest is whole or absent. */
#include "store/conformance/fixture.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

enum { LANES = 16, RUNS_MAX = 100000 };

/* ---- the child: each lane bears a run with a claim, ends it, and bears the next, for ever */

struct lane {
    struct store *s;
    struct store_order o;
    struct store_accept in;
    int report; /* a pipe: the number of the run, negative once it has ended */
    int number;
    bool born;
};

static struct store_accept claiming_accept(int number)
{
    struct store_accept in = accept_of("support", "refund");
    in.unique = true;
    memcpy(in.fingerprint, &number, sizeof number);
    return in;
}

static void run_name(int number, char out[ID_BYTES])
{
    snprintf(out, ID_BYTES, "run_%08d", number);
}

static void bear(struct lane *lane);

static void on_ended(struct store_order *o)
{
    struct lane *lane = o->arg;
    int report = -lane->number;
    if (o->outcome != STORE_DONE || write(lane->report, &report, sizeof report) < 0)
        _exit(1);
    lane->number += LANES;
    bear(lane);
}

static void on_born(struct store_order *o)
{
    struct lane *lane = o->arg;
    int report = lane->number;
    if (o->outcome != STORE_DONE || write(lane->report, &report, sizeof report) < 0)
        _exit(1);
    char run[ID_BYTES];
    run_name(lane->number, run);
    lane->o = later(run, 3, 1);
    lane->o.update.status = STORE_COMPLETED;
    lane->o.done = on_ended;
    lane->o.arg = lane;
    store_write(lane->s, &lane->o);
}

static void bear(struct lane *lane)
{
    char run[ID_BYTES];
    run_name(lane->number, run);
    lane->in = claiming_accept(lane->number);
    lane->o = acceptance(run, &lane->in, 2);
    lane->o.update.status = STORE_RUNNING;
    lane->o.done = on_born;
    lane->o.arg = lane;
    store_write(lane->s, &lane->o);
}

static void be_child(const char *data, int report)
{
    uv_loop_t loop;
    struct error err;
    struct store_options options = {.data = data, .loop = &loop};
    uv_loop_init(&loop);
    struct store *s = conformance_factory->open(&options, &err);
    if (!s)
        _exit(1);
    static struct lane lanes[LANES];
    for (int i = 0; i < LANES; i++) {
        lanes[i] = (struct lane){.s = s, .report = report, .number = i + 1};
        bear(&lanes[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    _exit(1);
}

/* ---- the parent */

static char states[RUNS_MAX]; /* as reported: 0 nothing, 1 born, 2 ended */

/* Reads reports; kills the child at the kill_at'th, and reads on to the end. */
static int watch(int fd, pid_t child, int kill_at)
{
    int report, count = 0;
    for (;;) {
        ssize_t got = read(fd, &report, sizeof report);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != sizeof report)
            break;
        int number = abs(report);
        assert_true(number < RUNS_MAX);
        states[number] = report < 0 ? 2 : 1;
        if (++count == kill_at)
            kill(child, SIGKILL);
    }
    return count;
}

/* A claim exists exactly when its run does: a second one is refused, or is the first. */
static void check_claim(struct fixture *f, int number, bool expected)
{
    char run[ID_BYTES];
    run_name(number, run);
    struct store_accept in = claiming_accept(number);
    struct store_order o = acceptance("run_check", &in, 0);
    snprintf(o.run, sizeof o.run, "run_check_%d", number);
    assert_int_equal(write_order(f, &o), expected ? STORE_DUPLICATE : STORE_DONE);
    assert_string_equal(o.existing, expected ? run : "");
}

static void check_run(struct fixture *f, int number)
{
    char run[ID_BYTES];
    run_name(number, run);
    struct seen_run seen = get_run(f, run);
    struct seen_journal journal = read_journal(f, run, 1, SIZE_MAX);
    assert_true(seen.found || states[number] == 0);
    check_claim(f, number, seen.found);
    assert_int_equal(journal.end, seen.found ? seen.row.seq : 0);
    if (!seen.found)
        return;
    bool ended = seen.row.status == STORE_COMPLETED;
    assert_true(ended || states[number] < 2);
    assert_true(ended || seen.row.status == STORE_RUNNING);
    assert_string_equal(journal.text, ended ? "1+2 3+1" : "1+2");
}

static void crash_once(unsigned seed)
{
    struct fixture *f = NULL;
    set_up_folder((void **)&f);
    memset(states, 0, sizeof states);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_child(f->data, ends[1]);
    }
    close(ends[1]);
    int kill_at = 1 + (int)(rand_r(&seed) % 400);
    int count = watch(ends[0], child, kill_at);
    assert_true(count >= kill_at);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    fixture_open(f);
    int highest = 0;
    for (int i = 1; i < RUNS_MAX; i++)
        if (states[i])
            highest = i;
    for (int i = 1; i <= highest + 2 * LANES; i++)
        check_run(f, i);
    tear_down((void **)&f);
}

static void a_kill_loses_nothing_reported_and_tears_nothing(void **state)
{
    (void)state;
    need_keeping();
    for (unsigned seed = 1; seed <= 8; seed++)
        crash_once(seed * 7919);
}

/* ---- a fault at each statement */

enum { STATEMENTS_MAX = 200 };

/* What is written under the fault: a run with both claims and a large event, and a parked one that
 * takes a row of its inbox and ends. */
static void start_orders(struct fixture *f, struct store_order orders[2], bool done[2])
{
    static struct store_accept in;
    static char event[4000];
    memset(event, 'e', sizeof event);
    in = claiming_accept(1);
    in.idempotency_key = TEXT("k");
    in.event = (struct text){event, sizeof event};
    orders[0] = acceptance("run_new", &in, 2);
    orders[1] = later("run_old", 2, 1);
    orders[1].update.status = STORE_CANCELLED;
    for (int i = 0; i < 2; i++) {
        orders[i].done = on_done;
        orders[i].arg = &done[i];
        store_write(f->s, &orders[i]);
    }
}

static void on_put(void *arg, enum store_outcome outcome, int64_t id, enum store_status ended,
                   const struct error *err)
{
    (void)id, (void)ended, (void)err;
    assert_int_equal(outcome, STORE_DONE);
    *(bool *)arg = true;
}

static void make_old_run(struct fixture *f)
{
    bool put = false;
    make_run(f, "run_old", STORE_WAITING, 500);
    store_inbox_put(f->s, &(struct store_inbox){.run = "run_old", .kind = TEXT("cancel")}, on_put,
                    &put);
    wait_for(&f->loop, &put);
}

/* Whether the new run is there; with all that belongs to it, or nothing of it. */
static bool check_new_run(struct fixture *f)
{
    struct store_accept in = claiming_accept(1), key = accept_of("support", "refund");
    bool there = get_run(f, "run_new").found;
    assert_int_equal(read_journal(f, "run_new", 1, SIZE_MAX).end, there ? 2 : 0);
    assert_int_equal(strlen(get_run(f, "run_new").event), there ? 4000 : 0);
    struct store_order unique = acceptance("run_unique", &in, 0),
                       repeat = acceptance("run_repeat", &key, 0);
    key.idempotency_key = TEXT("k");
    assert_int_equal(write_order(f, &unique), there ? STORE_DUPLICATE : STORE_DONE);
    assert_int_equal(write_order(f, &repeat), there ? STORE_REPEATED : STORE_DONE);
    return there;
}

static void check_old_run(struct fixture *f, bool ended)
{
    struct seen_run seen = get_run(f, "run_old");
    assert_int_equal(seen.row.status, ended ? STORE_CANCELLED : STORE_WAITING);
    assert_int_equal(seen.row.wake_ms, ended ? 0 : 500);
    assert_string_equal(read_journal(f, "run_old", 1, 100).text, ended ? "1+1 2+1" : "1+1");
    assert_string_equal(due_runs(f, 0, false, NULL, 10).text, ended ? "" : "old");
}

/* False: the fault was beyond the last statement. */
static bool break_at(unsigned nth)
{
    struct fixture *f = NULL;
    struct store_order orders[2];
    bool done[2] = {0};
    set_up((void **)&f);
    make_old_run(f);
    conformance_factory->fault(nth, FAULT_BREAK);
    start_orders(f, orders, done);
    wait_for(&f->loop, &done[1]);
    conformance_factory->fault(0, FAULT_NONE);
    assert_true(orders[0].outcome == STORE_DONE || orders[0].outcome == STORE_BROKEN);
    assert_true(orders[1].outcome == STORE_DONE || orders[1].outcome == STORE_BROKEN);
    bool broken = orders[0].outcome != STORE_DONE || orders[1].outcome != STORE_DONE;
    assert_int_equal(check_new_run(f), orders[0].outcome == STORE_DONE);
    check_old_run(f, orders[1].outcome == STORE_DONE);
    tear_down((void **)&f);
    return broken;
}

static void a_statement_that_fails_leaves_nothing_of_its_order(void **state)
{
    (void)state;
    unsigned nth = 1;
    if (!conformance_factory->fault)
        skip();
    while (break_at(nth))
        assert_true(++nth < STATEMENTS_MAX);
    assert_true(nth > 2);
}

static void write_under_fault(const struct fixture *parent, unsigned nth)
{
    struct fixture f = {0};
    struct store_order orders[2];
    bool done[2] = {0};
    memcpy(f.data, parent->data, sizeof f.data);
    uv_loop_init(&f.loop);
    fixture_open(&f);
    conformance_factory->fault(nth, FAULT_KILL);
    start_orders(&f, orders, done);
    wait_for(&f.loop, &done[1]);
    _exit(0);
}

/* False: the child lived. */
static bool kill_at(unsigned nth)
{
    struct fixture *f = NULL;
    int status;
    set_up((void **)&f);
    make_old_run(f);
    fixture_close(f);
    pid_t child = fork();
    if (child == 0)
        write_under_fault(f, nth);
    assert_int_equal(waitpid(child, &status, 0), child);
    fixture_open(f);
    bool there = check_new_run(f), lived = !WIFSIGNALED(status);
    bool ended = get_run(f, "run_old").row.status == STORE_CANCELLED;
    check_old_run(f, ended);
    assert_true(!lived || (there && ended));
    tear_down((void **)&f);
    return !lived;
}

static void a_kill_between_two_statements_leaves_all_or_nothing(void **state)
{
    (void)state;
    unsigned nth = 1;
    need_keeping();
    if (!conformance_factory->fault)
        skip();
    while (kill_at(nth))
        assert_true(++nth < STATEMENTS_MAX);
    assert_true(nth > 2);
}

int conform_crash(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_loses_nothing_reported_and_tears_nothing),
        cmocka_unit_test(a_statement_that_fails_leaves_nothing_of_its_order),
        cmocka_unit_test(a_kill_between_two_statements_leaves_all_or_nothing),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
