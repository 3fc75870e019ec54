/* SPDX-License-Identifier: MIT */
/* What a process can still do behind sandbox_shut. Each case runs in a child of its own, which the
 * kernel should kill. */
#include "test.h"

#include "runner/vm/sandbox.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEEP = 3 };

static void open_to_write(void)
{
    int fd = open("moontide-sandbox-test", O_WRONLY | O_CREAT, 0600);
    (void)fd;
}

static void make_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}

static void fork_off(void)
{
    if (fork() == 0)
        _exit(0);
}

static void start_a_program(void)
{
    char *const none[] = {NULL};
    execve("/bin/true", none, none);
}

static void run_data(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_data_run(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void kill_the_parent(void)
{
    kill(getppid(), 0);
}

static void send_elsewhere(void)
{
    send(5, "x", 1, 0);
}

static void trace(void)
{
    syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void abort_the_parent(void)
{
    syscall(SYS_tgkill, getppid(), getppid(), SIGABRT);
}

static void stop_itself(void)
{
    raise(SIGSTOP);
}

static void become_dumpable(void)
{
    prctl(PR_SET_DUMPABLE, 1);
}

/* Runs in a sandbox with descriptor KEEP, and ends with 0 if that was allowed. */
static int status_of(void (*act)(void))
{
    int pair[2], status = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct error err;
        dup2(pair[1], KEEP);
        if (!sandbox_prepare(KEEP, &err) || !sandbox_shut(KEEP, &err))
            _exit(71);
        act();
        _exit(0);
    }
    close(pair[0]);
    close(pair[1]);
    waitpid(pid, &status, 0);
    return status;
}

static void what_is_not_needed_is_death(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*act)(void);
    } cases[] = {
        {"open_to_write", open_to_write},
        {"make_socket", make_socket},
        {"fork_off", fork_off},
        {"start_a_program", start_a_program},
        {"run_data", run_data},
        {"make_data_run", make_data_run},
        {"kill_the_parent", kill_the_parent},
        {"send_elsewhere", send_elsewhere},
        {"trace", trace},
        {"become_dumpable", become_dumpable},
        {"abort_the_parent", abort_the_parent},
        {"stop_itself", stop_itself},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int status = status_of(cases[i].act);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("%s was allowed: status %x", cases[i].name, status);
    }
}

static void use_memory_and_time(void)
{
    struct timespec t;
    struct tm parts;
    char text[64];
    for (size_t bytes = 16; bytes <= 64 << 20; bytes *= 4) {
        char *block = malloc(bytes);
        memset(block, 1, bytes);
        block = realloc(block, bytes * 2);
        free(block);
    }
    clock_gettime(CLOCK_MONOTONIC, &t);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    time_t now = time(NULL);
    strftime(text, sizeof text, "%F %T", gmtime_r(&now, &parts));
    mktime(&parts);
    if (send(KEEP, "x", 1, MSG_NOSIGNAL) != -1 || getenv("HOME") || getenv("PATH"))
        _exit(1); /* the other end is closed; the environment is empty */
}

static void what_the_loop_needs_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(status_of(use_memory_and_time), 0);
}

static void only_the_socket_is_open(void)
{
    for (int fd = 4; fd < 100; fd++) {
        if (send(KEEP, "", 0, MSG_NOSIGNAL) == 0)
            _exit(1);
    }
}

static void descriptors_are_closed(void **state)
{
    (void)state;
    int pair[2], extra[20], status = 0;
    for (size_t i = 0; i < ARRAY_LEN(extra); i++)
        extra[i] = dup(0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct error err;
        dup2(pair[1], KEEP);
        if (!sandbox_prepare(KEEP, &err))
            _exit(71);
        for (int fd = 4; fd < 100; fd++) {
            if (fcntl(fd, F_GETFD) >= 0)
                _exit(1);
        }
        _exit(fcntl(KEEP, F_GETFD) >= 0 ? 0 : 2);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    close(pair[0]);
    close(pair[1]);
    for (size_t i = 0; i < ARRAY_LEN(extra); i++)
        close(extra[i]);
    assert_int_equal(status_of(only_the_socket_is_open), 0);
}

static void an_assert_ends_as_an_abort(void **state)
{
    (void)state;
    int status = status_of(abort);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_false(WCOREDUMP(status));
}

/* However the host was started: an event may hold what is nobody's business. */
static void no_core_is_written(void **state)
{
    (void)state;
    int status = 0;
    struct rlimit all;
    getrlimit(RLIMIT_CORE, &all);
    all.rlim_cur = all.rlim_max;
    pid_t pid = fork();
    if (pid == 0) {
        struct error err;
        setrlimit(RLIMIT_CORE, &all);
        prctl(PR_SET_DUMPABLE, 1);
        if (!sandbox_prepare(KEEP, &err))
            _exit(71);
        struct rlimit now;
        getrlimit(RLIMIT_CORE, &now);
        _exit(now.rlim_cur == 0 && now.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_needed_is_death),
        cmocka_unit_test(what_the_loop_needs_is_allowed),
        cmocka_unit_test(descriptors_are_closed),
        cmocka_unit_test(an_assert_ends_as_an_abort),
        cmocka_unit_test(no_core_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
