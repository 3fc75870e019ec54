/* SPDX-License-Identifier: MIT */
/* vm.h - one run's Lua state, as the sandbox libraries and the run loop see it.
 *
 * A vm lives in an arena (runner/arena.h) that is thrown away whole: a state is never closed, no
 * finalizer ever runs. The garbage collector is stopped for good (LUA_GCSTOP); the allocator asks
 * for a full collection at thresholds, and the hook does it. What passes a limit is killed: a
 * longjmp to the run loop from the hook, the allocator or vm_poll; nothing in the script can see or
 * stop it. So a C function must hold nothing (malloc, fd, lock) across a call into Lua or vm_poll.
 *
 * Yields: a coroutine yields either to the script that resumed it, or past it to the run loop
 * ("host yield": preemption or waiting for an answer). vm->host_yield says which. Own
 * coroutine.resume/wrap (lib_coroutine.c) pass a host yield on. Owner: the runner. Thread: one. */
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

/* Set by the CPU tick's signal handler on this thread; cleared by vm_poll_slow and the hook. */
extern volatile sig_atomic_t vm_tick;
void vm_poll_slow(lua_State *L);
/* To be called by loops in C, about every 100 basic operations: it kills the run when its CPU limit
 * is past. */
static inline void vm_poll(lua_State *L)
{
    if (__builtin_expect(vm_tick, 0))
        vm_poll_slow(L);
}

/* Ends the run with a code and a sentence; the script line is found from L. Never returns. */
NORETURN void vm_kill(lua_State *L, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);

/* What the libraries may read and set. Everything else is in vm.c. */
struct vm_shared {
    bool host_yield; /* the yield in progress goes past scripts' resumes to the run loop */
    lua_State
        *running; /* the coroutine on the processor: own resume keeps it right, for the hook */
    int coroutine_depth; /* nested resumes; limit 50. The run loop sets 0 whenever it resumes a task
                          */
    int pinned; /* resumes in progress whose resumer could not yield (a gsub or sort callback): own
                   resume adds !lua_isyieldable(resumer) before lua_resume and takes it off behind.
                   While not 0, no host yield begins: see vm_can_wait */
    int64_t now_ms;        /* the run's clock: os.time, os.date, os.clock */
    int64_t start_ms;      /* now_ms when the run started */
    uint64_t random[4];    /* state of math.random, seeded by the run */
    uint32_t output_bytes; /* limit of a result, an op's arguments */
    uint32_t record_bytes; /* limit of a log or progress record */
};
struct vm_shared *vm_shared(lua_State *L);

/* True when a host yield can begin on L and be passed on all the way to the run loop. */
bool vm_can_wait(lua_State *L);
/* True when co is the coroutine of a task itself, which is the main program to its script. */
bool vm_is_task(lua_State *L, const lua_State *co);

/* Scratch memory in the vm's arena (dies with it): for libraries that need a buffer. Past the
 * memory limit: kills. */
void *vm_scratch(lua_State *L, void *old, size_t old_bytes, size_t new_bytes);
