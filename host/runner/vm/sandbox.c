/* SPDX-License-Identifier: MIT */
#include "runner/vm/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    STACK = 8 << 20, /* nested C calls of Lua need up to 1 MB */
    STACK_MIN = 1 << 20,
    FILES = 8,
};

static bool open_null(struct error *err)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return error_errno(err, errno, "/dev/null");
    for (int fd = 0; fd <= (SANDBOX_SANITIZED ? 1 : 2); fd++) {
        if (dup2(null, fd) < 0)
            return error_errno(err, errno, "descriptor %d", fd);
    }
    if (null > 2)
        close(null);
    return true;
}

static void close_range_of(unsigned from, unsigned to)
{
    if (from > to)
        return;
    if (syscall(SYS_close_range, from, to, 0) == 0)
        return;
    struct rlimit files; /* a kernel before 5.9 */
    getrlimit(RLIMIT_NOFILE, &files);
    for (unsigned fd = from; fd <= to && fd < files.rlim_cur; fd++)
        close((int)fd);
}

static bool set_limit(int what, rlim_t most, struct error *err)
{
    struct rlimit r = {.rlim_cur = most, .rlim_max = most};
    return setrlimit((__rlimit_resource_t)what, &r) == 0 ||
           error_errno(err, errno, "limit %d", what);
}

/* Raises the stack's limit, which the kernel looks at whenever the main thread's stack grows. */
static bool make_stack(struct error *err)
{
    struct rlimit r;
    getrlimit(RLIMIT_STACK, &r);
    r.rlim_cur = r.rlim_max < STACK ? r.rlim_max : STACK;
    if (r.rlim_cur < STACK_MIN)
        return error_set(err, ERROR_LIMIT, "less than 1 MB of stack is allowed");
    return setrlimit(RLIMIT_STACK, &r) == 0 || error_errno(err, errno, "the stack's limit");
}

bool sandbox_prepare(int keep, struct error *err)
{
    if (!open_null(err))
        return false;
    close_range_of(3, (unsigned)keep - 1);
    close_range_of((unsigned)keep + 1, ~0U);
    clearenv();
    setenv("TZ", "UTC0", 1); /* else gmtime looks for a file */
    tzset();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error_errno(err, errno, "prctl");
    return make_stack(err) && set_limit(RLIMIT_NOFILE, FILES, err) &&
           set_limit(RLIMIT_CORE, 0, err) && set_limit(RLIMIT_FSIZE, 0, err);
}

/* Calls that are harmless with any arguments: memory, time, the end, and the CPU tick's signal. */
static const int free_calls[] = {
    SCMP_SYS(munmap),       SCMP_SYS(mremap),         SCMP_SYS(madvise),
    SCMP_SYS(brk),          SCMP_SYS(poll),           SCMP_SYS(ppoll),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),
    SCMP_SYS(timer_delete), SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),
    SCMP_SYS(time),         SCMP_SYS(getrandom),      SCMP_SYS(futex),
    SCMP_SYS(getpid),       SCMP_SYS(gettid),         SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),
};

/* libseccomp numbers the calls that this machine does not have (poll and time on arm64) below 0. */
static int allow_call(scmp_filter_ctx ctx, int call)
{
    return call < 0 ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0);
}

static int allow_free(scmp_filter_ctx ctx)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < ARRAY_LEN(free_calls); i++)
        failed = allow_call(ctx, free_calls[i]);
    return failed;
}

static int allow_bounded(scmp_filter_ctx ctx, int keep)
{
    const struct scmp_arg_cmp on_keep = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)keep, 0);
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct {
        int call;
        struct scmp_arg_cmp when;
    } rules[] = {
        {SCMP_SYS(recvfrom), on_keep},
        {SCMP_SYS(recvmsg), on_keep},
        {SCMP_SYS(sendto), on_keep},
        {SCMP_SYS(sendmsg), on_keep},
        {SCMP_SYS(mmap), no_exec},
        {SCMP_SYS(mprotect), no_exec},
        {SCMP_SYS(write), SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0)}, /* an assert's last words */
    };
    int failed = 0;
    for (size_t i = 0; !failed && i < ARRAY_LEN(rules); i++)
        failed = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, rules[i].call, 1, rules[i].when);
    return failed;
}

/* Allows signals to itself, and only those that end it: an abort, and a crash that has said its
 * last words. */
static int allow_raise(scmp_filter_ctx ctx)
{
    static const int deaths[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    int failed = 0;
    for (size_t i = 0; !failed && i < ARRAY_LEN(deaths); i++)
        failed = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0),
                                  SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)deaths[i], 0));
    return failed;
}

/* Allows what AddressSanitizer needs, which is reading only: a script that broke out of Lua in
 * such a build could read files, but tell nobody but the host. */
static int allow_sanitizer(scmp_filter_ctx ctx)
{
    static const int calls[] = {
        SCMP_SYS(read),        SCMP_SYS(close),        SCMP_SYS(fstat),     SCMP_SYS(newfstatat),
        SCMP_SYS(readlink),    SCMP_SYS(rt_sigaction), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit),
        SCMP_SYS(sched_yield), SCMP_SYS(lseek),
    };
    const struct scmp_arg_cmp reading =
        SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
    int failed = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, reading);
    for (size_t i = 0; !failed && i < ARRAY_LEN(calls); i++)
        failed = allow_call(ctx, calls[i]);
    return failed;
}

bool sandbox_shut(int keep, struct error *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!ctx)
        return error_set(err, ERROR_INTERNAL, "seccomp cannot be prepared");
    int failed = allow_free(ctx);
    if (!failed)
        failed = allow_bounded(ctx, keep);
    if (!failed)
        failed = allow_raise(ctx);
    if (!failed && SANDBOX_SANITIZED)
        failed = allow_sanitizer(ctx);
    if (!failed)
        failed = seccomp_load(ctx);
    seccomp_release(ctx);
    return !failed || error_errno(err, -failed, "seccomp");
}
