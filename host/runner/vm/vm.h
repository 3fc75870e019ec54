/* SPDX-License-Identifier: MIT */
/* vm.h - a Lua state within its limits, as the libraries see it.
 *
 * A vm lives in an arena (vm/arena.h) that is thrown away whole: the state is never closed, and no
 * finalizer ever runs. The garbage collector is stopped for good (LUA_GCSTOP); the allocator asks
 * for a full collection at thresholds, and the hook does it.
 *
 * A script that passes a limit is killed: the hook, the allocator or vm_poll jumps (longjmp) to
 * the run loop, and nothing in the script can see or stop it. So a C function must hold nothing
 * (malloc, file, lock) while it calls into Lua or vm_poll.
 *
 * A coroutine yields either to the script that resumed it, or past that script to the run loop.
 * The second is a host yield: a preemption, or waiting for an answer; vm_shared.host_yield tells
 * the two apart, and coroutine.resume and wrap (lib_coroutine.c) pass a host yield on.
 *
 * Owner: the run. Thread: one. Limits: vm_state.h. */
#pragma once
#include "base/attr.h"
#include "base/buf.h"
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct vm;

/* The vm of a state or of any of its coroutines (through the allocator's argument). */
struct vm *vm_of(lua_State *L);

/* The CPU tick's signal handler sets this; vm_poll_slow and the hook clear it. */
extern volatile sig_atomic_t vm_tick;
void vm_poll_slow(lua_State *L);
/* Kills the run when its CPU limit is past. Loops in C call it about every 100 basic operations. */
static inline void vm_poll(lua_State *L)
{
    if (__builtin_expect(vm_tick, 0))
        vm_poll_slow(L);
}

/* Ends the run with a code and a sentence; the script line is found from L. Never returns. */
NORETURN void vm_kill(lua_State *L, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);

/* What the libraries may read and set. Everything else of a vm is in vm_state.h. */
struct vm_shared {
    /* The yield in progress goes past the scripts' resumes to the run loop. */
    bool host_yield;
    /* That yield is a preemption: the task goes on as soon as it is its turn again. */
    bool preempted;
    /* The coroutine on the processor, for the hook. coroutine.resume keeps it right. */
    lua_State *running;
    /* Nested resumes; the limit is 50. The run loop sets 0 whenever it resumes a task. */
    int coroutine_depth;
    /* Resumes in progress whose resumer could not yield (a gsub or sort callback): coroutine.resume
     * adds !lua_isyieldable(resumer) before lua_resume and takes it off behind. No host yield
     * begins while this is not 0: see vm_can_wait. */
    int pinned;
    int64_t now_ms;        /* the run's clock: os.time, os.date, os.clock */
    int64_t start_ms;      /* now_ms when the run started */
    uint64_t random[4];    /* state of math.random, seeded by the run */
    uint32_t output_bytes; /* limit of a result and of an op's arguments */
    uint32_t record_bytes; /* limit of a log or progress record */
};
struct vm_shared *vm_shared(lua_State *L);

/* True when a host yield can begin on L and be passed on all the way to the run loop. */
bool vm_can_wait(lua_State *L);
/* True when co is the coroutine of a task itself, which is the main program to its script. */
bool vm_is_task(lua_State *L, const lua_State *co);

/* Grows, shrinks, makes (old NULL) or frees (new_bytes 0) a block in the vm's arena, with which it
 * dies: for libraries that need a buffer. Kills past the memory limit. */
void *vm_scratch(lua_State *L, void *old, size_t old_bytes, size_t new_bytes);
