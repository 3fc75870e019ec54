/* SPDX-License-Identifier: MIT */
/* The runner as a process of its own, behind its socket and its sandbox. */
#include "harness.h"

#include "runner/run/runner.h"
#include "wire/status_page.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int socket;
    struct status_page *page;
    struct rig rig; /* its loop is not used, only its buffers */
};

static struct child child;

/* runs in the child; never returns */
static void be_runner(int socket, int page)
{
    int s = fcntl(socket, F_DUPFD, 10), b = fcntl(page, F_DUPFD, 10);
    dup2(s, STATUS_PAGE_SOCKET_FD);
    dup2(b, STATUS_PAGE_FD);
    _exit(runner_main());
}

static int set_up(void **state)
{
    (void)state;
    int pair[2], page = memfd_create("page", 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(ftruncate(page, STATUS_PAGE_BYTES), 0);
    child = (struct child){.socket = pair[0]};
    child.page = mmap(NULL, STATUS_PAGE_BYTES, PROT_READ, MAP_SHARED, page, 0);
    buf_init(&child.rig.in, 64 << 20);
    buf_init(&child.rig.text, 64 << 20);
    buf_init(&child.rig.loop.out, 64 << 20);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0)
        be_runner(pair[1], page);
    close(pair[1]);
    close(page);
    return 0;
}

static int exit_status(void)
{
    int status = 0;
    waitpid(child.pid, &status, 0);
    child.pid = 0;
    return status;
}

static int tear_down(void **state)
{
    (void)state;
    if (child.socket >= 0)
        close(child.socket);
    if (child.pid) /* the end of its socket is the end of the runner */
        assert_int_equal(exit_status(), 0);
    munmap(child.page, STATUS_PAGE_BYTES);
    buf_done(&child.rig.in);
    buf_done(&child.rig.text);
    buf_done(&child.rig.loop.out);
    return 0;
}

static void send_all(void)
{
    struct buf *in = &child.rig.in;
    for (size_t at = 0; at < in->len;) {
        ssize_t n = send(child.socket, in->data + at, in->len - at, MSG_NOSIGNAL);
        assert_true(n > 0);
        at += (size_t)n;
    }
    buf_clear(in);
}

/* Reads frames as text until this line part appears. */
static const char *await(const char *wanted)
{
    struct buf *raw = &child.rig.loop.out;
    buf_clear(&child.rig.text);
    while (!strstr(buf_view(&child.rig.text).data, wanted)) {
        struct frame f;
        size_t used = 0;
        if (raw->len && frame_next(raw->data, raw->len, &f, &used) == 1) {
            rig_describe(&child.rig, &f);
            buf_drop_front(raw, used);
            continue;
        }
        assert_true(buf_reserve(raw, 65536));
        ssize_t n = recv(child.socket, raw->data + raw->len, 65536, 0);
        if (n <= 0)
            fail_msg("the runner is gone (status %x); it said: %s", exit_status(),
                     buf_view(&child.rig.text).data);
        raw->len += (size_t)n;
    }
    return child.rig.text.data;
}

static void it_says_ready_and_runs(void **state)
{
    (void)state;
    await("0 ready\n");
    rig_load(&child.rig, 1,
             rig_body("local _, v = host.op('x') return { v, os.date('!%Y'), host.now() }"));
    rig_start(&child.rig, 7);
    send_all();
    assert_non_null(strstr(await("7 idle 0"), "1 loaded"));
    rig_answer_at(&child.rig, 7, 0, 1, true, "\"yes\"");
    send_all();
    assert_string_equal(await("7 finished"), "7 finished [\"yes\",\"1970\",0]\n");
}

static void it_ends_with_its_host(void **state)
{
    (void)state;
    await("0 ready\n");
    close(child.socket);
    child.socket = -1;
    assert_int_equal(exit_status(), 0);
}

static void it_ends_at_a_broken_frame(void **state)
{
    (void)state;
    await("0 ready\n");
    buf_str(&child.rig.in, "this is not a frame at all");
    send_all();
    int status = exit_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 70);
}

static void the_board_shows_who_hangs(void **state)
{
    (void)state;
    await("0 ready\n");
    assert_int_equal(atomic_load(&child.page->kind), STATUS_PAGE_IDLE);
    /* A table whose __call is itself: the chain is followed inside one instruction, where no hook
     * runs. */
    rig_load(&child.rig, 1,
             rig_body("flow.log('now') local t = setmetatable({}, {})\n"
                      "getmetatable(t).__call = t t()"));
    rig_start(&child.rig, 7);
    rig_start(&child.rig, 8);
    send_all();
    while (atomic_load(&child.page->tag) != 7 ||
           atomic_load(&child.page->kind) != STATUS_PAGE_RUN) {
        struct pollfd p = {.fd = child.socket, .events = POLLIN};
        if (poll(&p, 1, 0) < 0 || waitpid(child.pid, NULL, WNOHANG) != 0)
            fail_msg("the runner is gone");
    }
    assert_int_equal(atomic_load(&child.page->cpu_ms), 250);
    kill(child.pid, SIGKILL);
    exit_status();
}

/* A run that has begun, and what its runner said until then. */
static void begin(const char *body)
{
    await("0 ready\n");
    rig_load(&child.rig, 1, rig_body(body));
    rig_start(&child.rig, 7);
    send_all();
}

static void the_board_tells_where_it_hangs(void **state)
{
    (void)state;
    begin("local t = setmetatable({}, {})\n"
          "getmetatable(t).__call = t\n"
          "t()");
    while (atomic_load(&child.page->at_slice) == 0) {
        if (waitpid(child.pid, NULL, WNOHANG) != 0)
            fail_msg("the runner is gone");
    }
    assert_int_equal(atomic_load(&child.page->at_slice), atomic_load(&child.page->slice));
    assert_string_equal(child.page->at, "p/k.lua:5");
    kill(child.pid, SIGKILL);
    exit_status();
}

static void a_crash_tells_where_it_was(void **state)
{
    (void)state;
    begin("host.op('x') while true do math.abs(1) end");
    await("7 idle 0");
    assert_int_equal(atomic_load(&child.page->at_slice), 0);
    rig_answer(&child.rig, 7, 1, "1");
    send_all();
    while (atomic_load(&child.page->kind) != STATUS_PAGE_RUN)
        continue;
    kill(child.pid, SIGABRT);
    int status = exit_status();
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_int_equal(atomic_load(&child.page->at_slice), atomic_load(&child.page->slice));
    assert_string_equal(child.page->at, "p/k.lua:3");
}

/* Both sides write more than the socket holds before the host reads anything. */
static void a_flood_both_ways_does_not_lock(void **state)
{
    (void)state;
    enum { RUNS = 300 };
    static char big[20000];
    await("0 ready\n");
    memset(big, 'x', sizeof big - 1);
    char *event = malloc(sizeof big + 64);
    sprintf(event, "{\"body\":\"%s\"}", big);
    rig_load(&child.rig, 1, rig_body("for i = 1, 3 do flow.log(event.body) end return event.body"));
    for (uint64_t run = 1; run <= RUNS; run++)
        rig_start_event(&child.rig, run, event);
    free(event);
    struct buf *in = &child.rig.in;
    pid_t writer = fork(); /* a host that reads only when it has written everything would lock */
    if (writer == 0) {
        for (size_t at = 0; at < in->len;) {
            ssize_t n = write(child.socket, in->data + at, in->len - at);
            if (n <= 0)
                _exit(1);
            at += (size_t)n;
        }
        _exit(0);
    }
    int status = 0;
    waitpid(writer, &status, 0); /* all was taken in, though nothing was read */
    assert_int_equal(status, 0);
    buf_clear(in);
    await("300 finished");
}

static void rules_hold_for_the_process(void **state)
{
    (void)state;
    await("0 ready\n");
    char path[64], line[256];
    int found = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)child.pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        found += strcmp(line, "NoNewPrivs:\t1\n") == 0;
        found += strcmp(line, "Seccomp:\t2\n") == 0;
    }
    fclose(f);
    assert_int_equal(found, 2);
    snprintf(path, sizeof path, "/proc/%d/limits", (int)child.pid);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        unsigned soft = 1, hard = 1;
        if (sscanf(line, "Max core file size %u %u", &soft, &hard) == 2 ||
            sscanf(line, "Max file size %u %u", &soft, &hard) == 2)
            assert_true(soft == 0 && hard == 0);
    }
    fclose(f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_says_ready_and_runs),          TEST(it_ends_with_its_host),
        TEST(it_ends_at_a_broken_frame),       TEST(the_board_shows_who_hangs),
        TEST(the_board_tells_where_it_hangs),  TEST(a_crash_tells_where_it_was),
        TEST(a_flood_both_ways_does_not_lock), TEST(rules_hold_for_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
