/* SPDX-License-Identifier: MIT */
/* The real pool over processes that only pretend to be runners: this program, started again, does
 * what the tag of a DROP frame says. */
#include "engine/pool.h"
#include "fakes/clock.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RUNNERS = 2, CPU_MS = 20 };

enum deed {              /* a tag */
            SAY = 1,     /* sends a frame */
            EXIT,        /* ends with status 3 */
            SPEAK_EXIT,  /* says something, then ends */
            CRASH,       /* SIGSEGV while a run is on the processor */
            BABBLE,      /* sends what is no frame */
            WRONG_FRAME, /* sends a frame that the host refuses */
            HOG,         /* computes for ever */
            STALL,       /* says that it computes, and does nothing */
            LIE,         /* dies with last words that are no line of a log */
};

/* ---- the pretended runner */

static struct status_page *page;

static void say(enum frame_type type, uint64_t tag)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    size_t mark = frame_begin(&out, type, tag);
    frame_end(&out, mark);
    if (send(STATUS_PAGE_SOCKET_FD, out.data, out.len, MSG_NOSIGNAL) < 0)
        _exit(0);
    buf_done(&out);
}

static void run_begins(uint64_t tag)
{
    atomic_store(&page->kind, STATUS_PAGE_RUN);
    atomic_store(&page->tag, tag);
    atomic_store(&page->cpu_ms, CPU_MS);
    atomic_store(&page->slice, atomic_load(&page->slice) + 1);
}

static void last_words(const char *at)
{
    snprintf(page->at, sizeof page->at, "%s", at);
    atomic_store(&page->at_slice, atomic_load(&page->slice));
}

static void die(int signal_number)
{
    signal(signal_number, SIG_DFL); /* the sanitizer has a handler */
    raise(signal_number);
}

static void act(enum deed deed)
{
    switch (deed) {
    case SAY:
        say(FRAME_IDLE, SAY);
        break;
    case EXIT:
        _exit(3);
    case SPEAK_EXIT:
        say(FRAME_IDLE, SPEAK_EXIT);
        _exit(3);
    case CRASH:
        run_begins(CRASH);
        last_words("p/k.lua:7");
        die(SIGSEGV);
        break;
    case BABBLE:
        if (send(STATUS_PAGE_SOCKET_FD, "this is no frame at all", 23, MSG_NOSIGNAL) < 0)
            _exit(0);
        break;
    case WRONG_FRAME:
        say(FRAME_FINISHED, WRONG_FRAME);
        break;
    case HOG:
        run_begins(HOG);
        for (volatile unsigned i = 0;; i++)
            ;
    case STALL:
        run_begins(STALL);
        break;
    case LIE:
        run_begins(LIE);
        last_words("p/k.lua:7\nlevel=error");
        die(SIGSEGV);
    }
}

static void be_runner(void)
{
    char in[4096];
    size_t len = 0, used;
    ssize_t n;
    struct frame f;
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    fcntl(STATUS_PAGE_SOCKET_FD, F_SETFL, 0); /* blocking */
    page = mmap(NULL, STATUS_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, STATUS_PAGE_FD, 0);
    say(FRAME_READY, 0);
    while ((n = recv(STATUS_PAGE_SOCKET_FD, in + len, sizeof in - len, 0)) > 0) {
        len += (size_t)n;
        while (frame_next(in, len, &f, &used) == 1) {
            act((enum deed)f.tag);
            memmove(in, in + used, len -= used);
        }
    }
    _exit(0);
}

/* ---- the host's side */

static struct {
    uv_loop_t loop;
    struct fake_clock clock;
    struct pool *pool;
    unsigned frames, losses, from, lost;
    uint64_t said, culprit;
    enum pool_loss why;
    enum status_page_kind kind;
    char detail[96], at[STATUS_PAGE_AT];
    bool closed;
} host;

static bool on_frame(void *arg, unsigned runner, const struct frame *f)
{
    assert_ptr_equal(arg, &host);
    host.frames++;
    host.from = runner;
    host.said = f->tag;
    return f->tag != WRONG_FRAME;
}

static void on_lost(void *arg, unsigned runner, const struct pool_end *end)
{
    assert_ptr_equal(arg, &host);
    host.losses++;
    host.lost = runner;
    host.culprit = end->culprit;
    host.why = end->why;
    host.kind = end->kind;
    snprintf(host.detail, sizeof host.detail, "%s", end->detail);
    snprintf(host.at, sizeof host.at, "%s", end->at);
}

static void await_ready(void)
{
    while (!pool_ready(host.pool))
        uv_run(&host.loop, UV_RUN_ONCE);
}

static void await_frame(void)
{
    unsigned before = host.frames;
    while (host.frames == before)
        uv_run(&host.loop, UV_RUN_ONCE);
}

static void await_loss(void)
{
    unsigned before = host.losses;
    while (host.losses == before)
        uv_run(&host.loop, UV_RUN_ONCE);
}

static void tell(unsigned runner, enum deed deed)
{
    struct buf *out = pool_out(host.pool, runner);
    frame_end(out, frame_begin(out, FRAME_DROP, deed));
    pool_flush(host.pool);
}

static int open_pool(void **state)
{
    (void)state;
    struct error err;
    memset(&host, 0, sizeof host);
    fake_clock_init(&host.clock);
    uv_loop_init(&host.loop);
    struct pool_options o = {
        .loop = &host.loop,
        .clock = &host.clock.clock,
        .count = RUNNERS,
        .frame = on_frame,
        .lost = on_lost,
        .arg = &host,
    };
    host.pool = pool_new(&o, &err);
    if (!host.pool)
        fail_msg("%s", err.text);
    assert_false(pool_ready(host.pool)); /* nobody has said anything yet */
    await_ready();
    return 0;
}

static void on_closed(void *arg)
{
    (void)arg;
    host.closed = true;
}

static int close_pool(void **state)
{
    (void)state;
    pool_close(host.pool, on_closed, NULL);
    uv_run(&host.loop, UV_RUN_DEFAULT);
    assert_true(host.closed);
    return uv_loop_close(&host.loop);
}

/* ---- tests */

static void frames_go_to_one_runner_and_come_from_it(void **state)
{
    (void)state;
    assert_int_equal(pool_count(host.pool), RUNNERS);
    assert_int_not_equal(pool_pid(host.pool, 0), pool_pid(host.pool, 1));
    for (unsigned i = 0; i < RUNNERS; i++) {
        tell(i, SAY);
        await_frame();
        assert_int_equal(host.from, i);
        assert_int_equal(host.said, SAY);
    }
    assert_int_equal(host.losses, 0);
}

static void a_dead_runner_is_replaced_before_its_loss_is_told(void **state)
{
    int before = pool_pid(host.pool, 1);
    (void)state;
    tell(1, EXIT);
    await_loss();
    assert_int_equal(host.lost, 1);
    assert_int_equal(host.why, POOL_CRASHED);
    assert_int_equal(host.culprit, 0);
    assert_string_equal(host.detail, "exit status 3");
    assert_int_not_equal(pool_pid(host.pool, 1), before);
    assert_false(pool_ready(host.pool)); /* the new one has not said READY */
    tell(1, SAY);                        /* frames may be sent to it all the same */
    await_frame();
    assert_int_equal(host.from, 1);
    assert_true(pool_ready(host.pool));
}

static void what_a_runner_said_before_it_died_counts(void **state)
{
    (void)state;
    tell(0, SPEAK_EXIT);
    await_loss();
    assert_int_equal(host.frames, 1);
    assert_int_equal(host.said, SPEAK_EXIT);
}

static void a_crash_is_blamed_on_the_run_on_the_processor(void **state)
{
    (void)state;
    tell(0, CRASH);
    await_loss();
    assert_int_equal(host.why, POOL_CRASHED);
    assert_int_equal(host.culprit, CRASH);
    assert_int_equal(host.kind, STATUS_PAGE_RUN);
    assert_string_equal(host.at, "p/k.lua:7");
}

static void last_words_that_would_break_a_log_are_dropped(void **state)
{
    (void)state;
    tell(0, LIE);
    await_loss();
    assert_int_equal(host.culprit, LIE);
    assert_string_equal(host.at, "");
}

static void a_kill_from_outside_is_told_apart(void **state)
{
    (void)state;
    kill(pool_pid(host.pool, 0), SIGKILL);
    await_loss();
    assert_int_equal(host.why, POOL_KILLED);
    assert_int_equal(host.culprit, 0);
}

static void bytes_that_are_no_frame_cost_the_runner_its_life(void **state)
{
    (void)state;
    tell(1, BABBLE);
    await_loss();
    assert_int_equal(host.why, POOL_BROKE);
    assert_int_equal(host.lost, 1);
    assert_int_equal(host.frames, 0);
}

static void a_frame_that_the_host_refuses_costs_the_runner_its_life(void **state)
{
    (void)state;
    tell(0, WRONG_FRAME);
    await_loss();
    assert_int_equal(host.why, POOL_BROKE);
    assert_string_equal(host.detail, "it broke the frame contract");
}

static void a_frame_too_large_to_be_sent_costs_the_runner_its_life(void **state)
{
    struct buf *out = pool_out(host.pool, 0);
    (void)state;
    frame_end(out, frame_begin(out, FRAME_DROP, SAY));
    out->full = true; /* as when what waits has reached its maximum */
    pool_flush(host.pool);
    await_loss();
    assert_int_equal(host.why, POOL_BROKE);
    assert_int_equal(host.frames, 0);
}

static void a_run_that_uses_up_its_cpu_inside_one_slice_is_ended(void **state)
{
    (void)state;
    tell(0, HOG);
    await_loss();
    assert_int_equal(host.why, POOL_HOGGED);
    assert_int_equal(host.culprit, HOG);
}

/* It uses no CPU, so only the clock on the wall can tell. */
static void a_run_that_stands_still_is_ended_in_the_end(void **state)
{
    (void)state;
    tell(0, STALL);
    tell(0, SAY); /* is answered once the page says so */
    await_frame();
    for (int i = 0; i < 4; i++) /* turns of the watchdog, which sees it stand there */
        uv_run(&host.loop, UV_RUN_ONCE);
    assert_int_equal(host.losses, 0);
    fake_clock_pass(&host.clock, NULL, CPU_MS + POOL_GRACE_MS + POOL_STUCK_MS);
    await_loss();
    assert_int_equal(host.why, POOL_HOGGED);
    assert_int_equal(host.culprit, STALL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pool, close_pool)

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "runner") == 0)
        be_runner();
    const struct CMUnitTest tests[] = {
        TEST(frames_go_to_one_runner_and_come_from_it),
        TEST(a_dead_runner_is_replaced_before_its_loss_is_told),
        TEST(what_a_runner_said_before_it_died_counts),
        TEST(a_crash_is_blamed_on_the_run_on_the_processor),
        TEST(last_words_that_would_break_a_log_are_dropped),
        TEST(a_kill_from_outside_is_told_apart),
        TEST(bytes_that_are_no_frame_cost_the_runner_its_life),
        TEST(a_frame_that_the_host_refuses_costs_the_runner_its_life),
        TEST(a_frame_too_large_to_be_sent_costs_the_runner_its_life),
        TEST(a_run_that_uses_up_its_cpu_inside_one_slice_is_ended),
        TEST(a_run_that_stands_still_is_ended_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
