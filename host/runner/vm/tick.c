/* SPDX-License-Identifier: MIT */
#include "runner/vm/tick.h"

#include "runner/vm/last_words.h"
#include "runner/vm/vm_state.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's name of the field, which glibc spells differently from release to release. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { TICK_SIGNAL = SIGVTALRM };

volatile sig_atomic_t vm_tick;

static volatile sig_atomic_t tick_count; /* wraps; only differences count */
static struct vm *volatile tick_vm;      /* on the processor */
static timer_t tick_timer;

static void on_hook(lua_State *L, lua_Debug *ar);

/* Lua allows lua_sethook in a signal handler of the thread that runs the state. */
static void on_tick(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    unsigned missed = info->si_overrun > 0 ? (unsigned)info->si_overrun : 0;
    tick_count = (sig_atomic_t)((unsigned)tick_count + 1 + missed);
    struct vm *vm = tick_vm;
    if (!vm)
        return;
    vm_tick = 1;
    tick_arm(vm);
    unsigned used = vm->ticks + ((unsigned)tick_count - vm->ticks_seen);
    last_words_if_stuck(vm, (uint64_t)used * TICK_MS);
}

void tick_arm(struct vm *vm)
{
    if (vm->shared.running)
        lua_sethook(vm->shared.running, on_hook, LUA_MASKCOUNT, 1);
}

bool tick_start(struct error *err)
{
    struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(TICK_SIGNAL, &action, NULL) != 0)
        return error_errno(err, errno, "the CPU tick's signal");
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK_SIGNAL};
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &tick_timer) != 0)
        return error_errno(err, errno, "the CPU tick's timer");
    struct itimerspec every = {.it_interval.tv_nsec = TICK_MS * 1000000,
                               .it_value.tv_nsec = TICK_MS * 1000000};
    if (timer_settime(tick_timer, 0, &every, NULL) != 0)
        return error_errno(err, errno, "the CPU tick's timer");
    return true;
}

void tick_stop(void)
{
    timer_delete(tick_timer);
}

/* Adds the ticks since the last count to the run's account. */
static void count_ticks(struct vm *vm)
{
    unsigned now = (unsigned)tick_count;
    vm->ticks += now - vm->ticks_seen;
    vm->ticks_seen = now;
}

void tick_enter(struct vm *vm)
{
    vm_tick = 0;
    vm->ticks_seen = vm->slice_start = (unsigned)tick_count;
    vm->slice_ended = false;
    tick_vm = vm;
}

void tick_leave(void)
{
    struct vm *vm = tick_vm;
    tick_vm = NULL;
    if (vm)
        count_ticks(vm);
}

struct vm *tick_current(void)
{
    return tick_vm;
}

void tick_restart(struct vm *vm)
{
    vm->ticks = 0;
    vm->ticks_seen = (unsigned)tick_count;
}

static void check_cpu(lua_State *L, struct vm *vm)
{
    vm_tick = 0;
    count_ticks(vm);
    if ((uint64_t)vm->ticks * TICK_MS > vm->cpu_ms)
        vm_kill(L, "limit.cpu", "the run used more than %u ms of CPU between two steps",
                (unsigned)vm->cpu_ms);
    if (vm->ticks_seen - vm->slice_start >= TICK_SLICE)
        vm->slice_ended = true;
}

void vm_poll_slow(lua_State *L)
{
    check_cpu(L, vm_of(L));
}

/* The hook disarms itself, since one that stays costs more than everything else together. A
 * coroutine that was made while it was armed has it too, so it may come with nothing to do. */
static void on_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    struct vm *vm = vm_of(L);
    check_cpu(L, vm);
    if (vm->collect_wanted)
        vm_collect(vm);
    if (!vm->slice_ended || !vm_can_wait(L))
        return;
    vm->shared.host_yield = true;
    vm->shared.preempted = true;
    lua_yield(L, 0);
}
