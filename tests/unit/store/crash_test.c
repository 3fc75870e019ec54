/* SPDX-License-Identifier: MIT */
/* kill -9 in the middle of writing: what was reported is there, the rest is whole or absent. */
#include "fixture.h"
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
    lane->o = birth(run, &lane->in, 2);
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
    struct store *s = store_open(&options, &err);
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
    struct store_order o = birth("run_check", &in, 0);
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
    for (unsigned seed = 1; seed <= 8; seed++)
        crash_once(seed * 7919);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_loses_nothing_reported_and_tears_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
