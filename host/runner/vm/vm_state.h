/* SPDX-License-Identifier: MIT */
/* vm_state.h - the inside of a vm, for vm/ and the run loop; libraries include vm.h.
 *
 * struct vm lies at the bottom of its arena, so a copy of the arena holds it too (run/image.h).
 * What points out of the arena, and what belongs to one run (limits, clock, seed), is therefore set
 * by vm_bind and vm_seed after a copy came back.
 *
 * Owner: the run. Thread: one. Limits: VM_MEMORY_MAX, and those of struct vm_limits. */
#pragma once
#include "base/text.h"
#include "runner/vm/arena.h"
#include "runner/vm/vm.h"
#include <setjmp.h>

enum {
    VM_MEMORY_MAX = 64 << 20, /* the most a run may ask for; more is cut to this */
    /* Twice the limit, since the old and the new block live at once while a large one grows, and a
     * quarter for gaps. */
    VM_RANGE = VM_MEMORY_MAX / 4 * 9 + (1 << 20),
    VM_COLLECT_FIRST = 4 << 20, /* live bytes at which the first collection is asked for */
    VM_CODE = 64,
    VM_MESSAGE = 4096, /* bytes of an error's message; the rest is cut */
    VM_AT = 256,
};

/* Why a run was killed, and the way out of it. One for all vms of a runner is enough, since only
 * one is on the processor. */
struct vm_death {
    jmp_buf jump;
    char code[VM_CODE];
    char message[VM_MESSAGE + 1];
    char at[VM_AT]; /* "support/refund.lua:12"; empty: nowhere in a script */
};

/* What the vm asks of the layers above it. */
struct vm_callbacks {
    void (*before_collect)(lua_State *L);
    void (*after_collect)(lua_State *L);
    bool (*is_task)(const struct vm *vm, const lua_State *co);
};

struct vm_limits {
    uint32_t cpu_ms, memory_bytes, steps, output_bytes, record_bytes;
};

struct vm {
    struct arena arena; /* must come first: the arena begins where the vm does */
    struct vm_shared shared;
    lua_State *L;    /* the main state: C code works on it, scripts run in tasks */
    lua_State *task; /* the coroutine of the task that is on the processor or preempted, or NULL */
    struct vm_death *death;
    const struct vm_callbacks *callbacks;

    size_t collect_at; /* live bytes at which the next collection is asked for */
    bool collect_wanted;
    void *enlarging; /* the block that could not grow, once memory has run out */

    uint32_t cpu_ms;
    unsigned ticks;       /* of CPU since the last step */
    unsigned ticks_seen;  /* the tick counter when `ticks` was last brought up to date */
    unsigned slice_start; /* the tick counter when the run came to the processor */
    bool slice_ended;     /* the run shall leave the processor at the next chance */
};

/* Makes a vm at the bottom of a range of VM_RANGE bytes: a bare Lua state without any library. The
 * caller's struct of `head` bytes begins with the struct vm; what is behind that is zeroed. Kills
 * through `death` when the memory limit is too small even for this. */
struct vm *vm_new(void *range, size_t head, struct vm_death *death,
                  const struct vm_callbacks *callbacks, const struct vm_limits *limits);
/* Sets what a copy of the arena does not hold. Kills when more is in use than the limit allows. */
void vm_bind(struct vm *vm, struct vm_death *death, const struct vm_limits *limits);
/* Seeds math.random. Returns one number more of the sequence, for a generator of the caller. */
uint64_t vm_seed(struct vm *vm, uint64_t seed);
/* Collects all garbage. To be called only where no Lua object is being made. */
void vm_collect(struct vm *vm);
/* As vm_kill, where there may be no state yet, and with a text that may hold any bytes. */
NORETURN void vm_die(struct vm *vm, lua_State *L, const char *code, struct text message);
/* Finds the innermost line of a script on the stack of L, "support/refund.lua:12"; empty: none. */
void vm_find_line(lua_State *L, char at[VM_AT]);
/* Finds the line on the stack of L, which may be NULL, else of the task on the processor. */
void vm_where(const struct vm *vm, lua_State *L, char at[VM_AT]);
