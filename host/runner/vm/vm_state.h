/* SPDX-License-Identifier: MIT */
/* vm_state.h - the inside of a vm, for the run loop's own files; libraries include vm.h.
 *
 * struct vm lies at the bottom of its arena, so an image holds it too: whatever points out of the
 * arena (port, version) or belongs to one run (limits, clock, seed) is set by vm_bind after an
 * image was copied back. Owner: a slot. Thread: one. */
#pragma once
#include "base/list.h"
#include "runner/run/task.h"
#include "runner/vm/arena.h"
#include "runner/vm/vm.h"
#include <setjmp.h>

struct version;

enum {
    VM_MEMORY_MAX = 64 << 20, /* the most a run may ask for; more is cut to this */
    /* Twice the limit, as old and new block live at once while a large one grows, and a quarter for
       gaps. */
    VM_RANGE = VM_MEMORY_MAX / 4 * 9 + (1 << 20),
    VM_COLLECT_FIRST = 4 << 20, /* live bytes at which the first collection is asked for */
    VM_CODE = 64,
    VM_MESSAGE = 4096, /* bytes of an error's message; the rest is cut */
    VM_AT = 256,
};

/* Why a run was killed, and the way out of it. */
struct vm_death {
    jmp_buf jump;
    char code[VM_CODE];
    char message[VM_MESSAGE + 1];
    char at[VM_AT]; /* "support/refund.lua:12", empty: nowhere in a script */
};

/* What leads out of a vm. One for all vms of a runner: only one is on the processor. */
struct vm_port {
    uint64_t tag;        /* of the run on the processor */
    struct buf *out;     /* frames */
    struct buf *scratch; /* for JSON on its way into a frame; its max is set at each use */
    struct vm_death death;
};

enum vm_phase { VM_LOADING, VM_ADMITTING, VM_RUNNING };

/* The answer that is being handed to the task that asked. */
struct vm_answer {
    bool ok;
    struct text json;
};

struct vm_limits {
    uint32_t cpu_ms, memory_bytes, steps, output_bytes, record_bytes;
};

struct vm {
    struct arena arena; /* must come first: the arena begins where the vm does */
    struct vm_shared shared;
    lua_State *L; /* the main state: C code works on it, scripts run in tasks */
    struct vm_port *port;
    const struct version *version;
    enum vm_phase phase;

    size_t collect_at; /* live bytes at which the next collection is asked for */
    bool collect_wanted;
    void *enlarging; /* once memory has run out: what there was no room for to grow */

    uint32_t cpu_ms;
    unsigned ticks,
        ticks_seen; /* since the last step; the clock's count when it was last looked at */
    unsigned slice_start;
    bool slice_ended; /* the run shall leave the processor at the next chance */
    bool preempted;   /* the host yield in progress is a preemption */

    struct task_set tasks;
    struct list groups; /* of flow.step that are open: see group.h */
    uint32_t steps, steps_max;
    size_t journal;       /* bytes that this run has put into its journal, about */
    uint8_t *step_states; /* enum step_state, steps_room of them, by step - 1 */
    uint32_t steps_room;
    struct vm_answer answer;
    uint64_t random; /* state of host.random */
    const char *run_id;
    int trigger_line; /* of the trigger {} call; 0: there was none */
};

/* Values of the run loop in the registry, by negative numbers that nothing else uses. */
enum vm_ref {
    VM_REF_MODULES = -20, /* name -> what require returned */
    VM_REF_HOST,          /* the host table */
    VM_REF_TASKS,         /* light userdata of a task -> its userdata, while it lives */
    VM_REF_DECLARATION,   /* the table given to trigger {} */
    VM_REF_FILTER,        /* the declared filter, if it is a function */
    VM_REF_INSTRUCTION,   /* the declared instruction: function, string or nil */
    VM_REF_RUN,           /* the declared run, or nil: an agent trigger */
    VM_REF_FLOW,          /* what run gets as its second argument */
    VM_REF_EVENT,         /* what scripts get: read-only */
    VM_REF_VALUES,        /* what lies behind it */
};

/* Makes a vm at the bottom of a range of VM_RANGE bytes. Kills through port->death. */
struct vm *vm_new(void *range, struct vm_port *port, const struct vm_limits *limits);
/* Sets what an image does not hold. */
void vm_bind(struct vm *vm, struct vm_port *port, const struct version *version,
             const struct vm_limits *limits);
/* Seeds math.random and host.random. */
void vm_seed(struct vm *vm, uint64_t seed);
/* Full collection; only where no Lua object is being made. */
void vm_collect(struct vm *vm);
/* As vm_kill, where there may be no state yet, and with a text that may hold any bytes. */
NORETURN void vm_die(struct vm *vm, lua_State *L, const char *code, struct text message);
/* True when a script may fail with this code: a word of a log line, and none that says what only
 * the host or the runner can know ("limit.cpu", "runner.crashed", "replay.diverged"). */
bool vm_code_ok(struct text code);
/* The innermost line of a script on L's stack, "support/refund.lua:12"; empty when there is none.
 */
void vm_find_line(lua_State *L, char at[VM_AT]);
/* The same of L, which may be NULL, else of the task on the processor. */
void vm_where(const struct vm *vm, lua_State *L, char at[VM_AT]);
