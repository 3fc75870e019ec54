/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/log.h"
#include "engine/run.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The machine as it is meant, beside the table that the host runs by. */
static const struct edge {
    enum run_state from;
    enum run_event event;
    enum run_state to;
} edges[] = {
    {RUN_NEW, RUN_FIRED, RUN_QUEUED},
    {RUN_NEW, RUN_FOUND, RUN_PARKED},
    {RUN_QUEUED, RUN_PLACED, RUN_ADMITTING},
    {RUN_ADMITTING, RUN_ADMITTED, RUN_GOING},
    {RUN_ADMITTING, RUN_DROPPED, RUN_GONE},
    {RUN_ADMITTING, RUN_RUNNER_LOST, RUN_QUEUED},
    {RUN_GOING, RUN_RESTED, RUN_IDLE},
    {RUN_GOING, RUN_RUNNER_LOST, RUN_RETURNING},
    {RUN_GOING, RUN_FINISHED, RUN_ENDED},
    {RUN_GOING, RUN_REFUSED, RUN_GONE},
    {RUN_GOING, RUN_UNWRITTEN, RUN_PARKED},
    {RUN_IDLE, RUN_ANSWERED, RUN_GOING},
    {RUN_IDLE, RUN_PARKS, RUN_PARKING},
    {RUN_IDLE, RUN_EVICTED, RUN_AWAY},
    {RUN_IDLE, RUN_RUNNER_LOST, RUN_RETURNING},
    {RUN_IDLE, RUN_FINISHED, RUN_ENDED},
    {RUN_IDLE, RUN_REFUSED, RUN_GONE},
    {RUN_IDLE, RUN_UNWRITTEN, RUN_PARKED},
    {RUN_PARKING, RUN_ANSWERED, RUN_GOING},
    {RUN_PARKING, RUN_COMMITTED, RUN_PARKED},
    {RUN_PARKING, RUN_RUNNER_LOST, RUN_RETURNING},
    {RUN_PARKING, RUN_FINISHED, RUN_ENDED},
    {RUN_PARKING, RUN_REFUSED, RUN_GONE},
    {RUN_PARKING, RUN_UNWRITTEN, RUN_PARKED},
    {RUN_AWAY, RUN_ANSWERED, RUN_RETURNING},
    {RUN_AWAY, RUN_FINISHED, RUN_ENDED},
    {RUN_AWAY, RUN_REFUSED, RUN_GONE},
    {RUN_AWAY, RUN_UNWRITTEN, RUN_PARKED},
    {RUN_RETURNING, RUN_COMMITTED, RUN_DUE},
    {RUN_RETURNING, RUN_FINISHED, RUN_ENDED},
    {RUN_RETURNING, RUN_REFUSED, RUN_GONE},
    {RUN_RETURNING, RUN_UNWRITTEN, RUN_PARKED},
    {RUN_PARKED, RUN_WOKEN, RUN_DUE},
    {RUN_DUE, RUN_READ, RUN_REBUILDING},
    {RUN_REBUILDING, RUN_REBUILT, RUN_REPLAYING},
    {RUN_REBUILDING, RUN_UNREADABLE, RUN_PARKED},
    {RUN_REBUILDING, RUN_OVER, RUN_GONE},
    {RUN_REBUILDING, RUN_FINISHED, RUN_ENDED},
    {RUN_REPLAYING, RUN_CAUGHT_UP, RUN_GOING},
    {RUN_REPLAYING, RUN_RUNNER_LOST, RUN_RETURNING},
    {RUN_REPLAYING, RUN_FINISHED, RUN_ENDED},
    {RUN_REPLAYING, RUN_UNWRITTEN, RUN_PARKED},
    {RUN_ENDED, RUN_COMMITTED, RUN_GONE},
    {RUN_ENDED, RUN_REFUSED, RUN_GONE},
    {RUN_ENDED, RUN_UNWRITTEN, RUN_PARKED},
};

static enum run_state meant(enum run_state from, enum run_event event)
{
    for (size_t i = 0; i < ARRAY_LEN(edges); i++)
        if (edges[i].from == from && edges[i].event == event)
            return edges[i].to;
    return 0;
}

static void the_table_has_these_edges_and_no_others(void **state)
{
    (void)state;
    for (int s = 0; s < RUN_STATES; s++)
        for (int ev = 0; ev < RUN_EVENTS; ev++)
            assert_int_equal(run_state_after(s, ev), meant(s, ev));
}

/* ---- run_enter */

static struct engine engine;

/* As the caller has it by then: on a runner if the state that comes is one on a runner. */
static struct run run_before(enum run_state from, enum run_state to)
{
    struct run there = {.state = to};
    return (struct run){.e = &engine,
                        .id = "run_01k00000000000000000000000",
                        .state = from,
                        .tag = run_is_on_runner(&there)};
}

static void every_edge_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        bool before = run_state_computes(edges[i].from), after = run_state_computes(edges[i].to);
        struct run r = run_before(edges[i].from, edges[i].to);
        engine.placements.computing[0] = 1;
        run_enter(&r, edges[i].event);
        assert_int_equal(r.state, edges[i].to);
        assert_int_equal(engine.placements.computing[0], 1 - before + after);
    }
}

static bool dies(struct run *r, enum run_event event)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        run_enter(r, event);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void every_other_event_asserts(void **state)
{
    (void)state;
    for (int s = 0; s < RUN_STATES; s++)
        for (int ev = 0; ev < RUN_EVENTS; ev++) {
            struct run r = run_before(s, s);
            if (!meant(s, ev))
                assert_true(dies(&r, ev));
        }
}

static void a_run_on_a_runner_has_a_tag_and_no_other_has(void **state)
{
    (void)state;
    struct run untagged = run_before(RUN_QUEUED, RUN_QUEUED);
    assert_true(dies(&untagged, RUN_PLACED));
    struct run tagged = run_before(RUN_IDLE, RUN_IDLE);
    assert_true(dies(&tagged, RUN_EVICTED));
}

/* ---- the whole of it */

static void every_state_is_reached_and_left(void **state)
{
    (void)state;
    bool reached[RUN_STATES] = {[RUN_NEW] = true};
    for (int round = 0; round < RUN_STATES; round++)
        for (size_t i = 0; i < ARRAY_LEN(edges); i++)
            reached[edges[i].to] = reached[edges[i].to] || reached[edges[i].from];
    for (int s = 0; s < RUN_STATES; s++) {
        bool left = s == RUN_GONE;
        for (int ev = 0; ev < RUN_EVENTS; ev++)
            left = left || run_state_after(s, ev);
        assert_true(reached[s]);
        assert_true(left);
    }
}

static void every_event_happens_and_is_made_by_a_file(void **state)
{
    (void)state;
    for (int ev = 0; ev < RUN_EVENTS; ev++) {
        bool happens = false;
        for (int s = 0; s < RUN_STATES; s++)
            happens = happens || run_state_after(s, ev);
        assert_true(happens);
        assert_true(strlen(run_event_name(ev)) > 0);
        assert_string_equal(strrchr(run_event_file(ev), '.'), ".c");
    }
}

static const char *drawn(enum run_state s)
{
    return s == RUN_NEW || s == RUN_GONE ? "[*]" : run_state_name(s);
}

static void the_picture_has_every_edge_once(void **state)
{
    (void)state;
    struct buf b;
    char line[256];
    buf_init(&b, 64 << 10);
    run_state_draw(&b);
    buf_char(&b, '\0');
    assert_memory_equal(b.data, "stateDiagram-v2\n", 16);
    size_t arrows = 0;
    for (const char *at = b.data; (at = strstr(at, " --> ")); at++)
        arrows++;
    assert_int_equal(arrows, ARRAY_LEN(edges));
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        snprintf(line, sizeof line, "\n    %s --> %s: %s (%s)\n", drawn(edges[i].from),
                 drawn(edges[i].to), run_event_name(edges[i].event),
                 run_event_file(edges[i].event));
        assert_non_null(strstr(b.data, line));
    }
    for (int s = RUN_NEW + 1; s < RUN_GONE; s++)
        assert_non_null(strstr(b.data, run_state_meaning(s)));
    buf_done(&b);
}

static void the_edges_are_logged_at_debug(void **state)
{
    (void)state;
    int ends[2];
    char line[512] = "";
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    struct run r = run_before(RUN_IDLE, RUN_AWAY);
    log_level_set(LOG_DEBUG);
    run_enter(&r, RUN_EVICTED);
    log_level_set(LOG_INFO);
    dup2(kept, STDERR_FILENO);
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    close(ends[0]);
    close(ends[1]);
    close(kept);
    assert_non_null(strstr(line, "run=run_01k00000000000000000000000"));
    assert_non_null(strstr(line, "state=away was=idle"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_these_edges_and_no_others),
        cmocka_unit_test(every_edge_is_taken),
        cmocka_unit_test(every_other_event_asserts),
        cmocka_unit_test(a_run_on_a_runner_has_a_tag_and_no_other_has),
        cmocka_unit_test(every_state_is_reached_and_left),
        cmocka_unit_test(every_event_happens_and_is_made_by_a_file),
        cmocka_unit_test(the_picture_has_every_edge_once),
        cmocka_unit_test(the_edges_are_logged_at_debug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
