/* SPDX-License-Identifier: MIT */
/* script.h - a script in its vm, and what belongs to the script beside Lua: the program that it was
 * loaded from, its tasks, its steps, and the way its frames go out.
 *
 * It lies at the bottom of the vm's arena, so an image (image.h) holds it too. What points out of
 * the arena, and what belongs to one run, is set by script_bind after an image was copied back.
 * struct script_run (script_run.h) is the part of a run that stays outside of the arena.
 *
 * Owner: the run. Thread: one. Limits: vm/vm_state.h. */
#pragma once
#include "base/list.h"
#include "runner/run/task.h"
#include "runner/vm/vm_state.h"

struct program;

/* What leads out of a script. One for all scripts of a runner is enough, since only one is
 * on the processor. */
struct script_port {
    uint64_t tag;        /* of the run on the processor */
    struct buf *out;     /* frames */
    struct buf *scratch; /* for JSON on its way into a frame; its max is set at each use */
    struct vm_death death;
};

enum script_stage { SCRIPT_LOADING, SCRIPT_ADMITTING, SCRIPT_RUNNING };

/* The answer that is being handed to the task that asked. */
struct script_answer {
    bool ok;
    struct text json;
};

struct script {
    struct vm vm; /* must come first: the arena begins where the script does */
    struct script_port *port;
    const struct program *program;
    enum script_stage stage;

    struct task_set tasks;
    struct list groups; /* of flow.step that are open: see group.h */
    uint32_t steps, steps_max;
    size_t journal_bytes; /* that this run has put into its journal, about */
    uint8_t *step_states; /* enum step_state, steps_room of them, by step - 1 */
    uint32_t steps_room;
    struct script_answer answer;
    uint64_t random; /* state of host.random */
    const char *run_id;
    int trigger_line; /* of the trigger {} call; 0: there was none */
};

/* Values that the run loop keeps in the registry, by negative numbers that nothing else uses. */
enum script_ref {
    SCRIPT_REF_MODULES = -20, /* name -> what require returned */
    SCRIPT_REF_HOST,          /* the host table */
    SCRIPT_REF_TASKS,         /* light userdata of a task -> its userdata, while it lives */
    SCRIPT_REF_DECLARATION,   /* the table given to trigger {} */
    SCRIPT_REF_FILTER,        /* the declared filter, if it is a function */
    SCRIPT_REF_INSTRUCTION,   /* the declared instruction: function, string or nil */
    SCRIPT_REF_RUN,           /* the declared run, or nil: an agent trigger */
    SCRIPT_REF_FLOW,          /* what run gets as its second argument */
    SCRIPT_REF_EVENT,         /* what scripts get: read-only */
    SCRIPT_REF_VALUES,        /* the table with the event's fields, behind the read-only one */
};

/* The script of a state or of any of its coroutines. */
static inline struct script *script_of(lua_State *L)
{
    return (struct script *)vm_of(L);
}

/* Makes a script at the bottom of a range of VM_RANGE bytes, with all that scripts find in a state.
 * Kills through port->death. */
struct script *script_new(void *range, struct script_port *port, const struct vm_limits *limits);
/* Sets what an image does not hold. Kills as vm_bind does. */
void script_bind(struct script *s, struct script_port *port, const struct program *program,
                 const struct vm_limits *limits);
/* Seeds math.random and host.random. */
void script_seed(struct script *s, uint64_t seed);
/* True when a script may fail with this code: a word of a log line, and none of the words that say
 * what only the host or the runner can know ("limit.cpu", "runner.crashed", "replay.diverged"). */
bool script_code_ok(struct text code);
