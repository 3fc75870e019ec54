/* SPDX-License-Identifier: MIT */
/* run.h - one run in the runner: from its START to its last frame. The loading of a version for the
 * host is one, too (kind STATUS_PAGE_LOAD): it ends behind the first phase.
 *
 * Its life is a row of phases (phase.c): load the file, judge the filter, render the instruction,
 * run. Each is a Lua call in the root task, so each can be preempted and killed. An end frees the
 * run; nothing of it is left.
 *
 * Codes of FAILED: limit.cpu limit.memory limit.steps limit.output limit.record; script.error (or
 * the error table's own code), script.result (not writable as JSON), script.deadlock, agent.failed;
 * replay.diverged; and what only a host that breaks its word sees: runner.version, runner.event,
 * runner.answer, runner.full (no slot left). ADMITTED precedes FAILED also when the filter or the
 * instruction failed. Ops that were asked for are taken back (OP_CANCEL) before FINISHED, not
 * before FAILED. IDLE follows every answer after which nothing can move, also when the next one is
 * there already.
 * Owner: the loop. Thread: one. */
#pragma once
#include "runner/run/loop.h"
#include "runner/vm/version.h"
#include "wire/frame.h"

enum run_phase {
    PHASE_COMPILE, /* of a load only */
    PHASE_LOAD,
    PHASE_FILTER,
    PHASE_INSTRUCTION,
    PHASE_RUN,
    PHASES,
    PHASE_END = PHASES, /* the last frame is written */
};

struct answer {
    struct list link;
    int64_t at_ms;
    uint32_t step;
    bool ok;
    struct text json;
    char data[]; /* what json shows, when the answer waits */
};

enum { RUN_ID = 64 };

struct run {
    struct table_node node;
    struct list ready; /* of loop.ready */
    struct loop *loop;
    struct version *version;
    enum status_page_kind kind;
    enum run_phase phase;
    int slot;      /* -1: none */
    struct vm *vm; /* NULL until it was first on the processor */
    bool admitted; /* the frame that comes first was written */
    bool resting;  /* nothing can move until an answer comes */
    bool agent;    /* an agent trigger: it has no run of its own */

    struct frame_start start; /* its texts are borrowed from the frame, or lie in `held` */
    char *held;
    char id[RUN_ID];

    struct list answers; /* that came before their time, in order */
    uint32_t answers_taken;
    const struct answer *incoming; /* to be taken first; borrowed */
    struct answer *taken;          /* the one of `answers` that the script has now */
};

void run_load(struct loop *l, struct version *v);
/* Starts a run; its frames go out under `tag`. False: broken fields. */
bool run_start(struct loop *l, uint64_t tag, const struct frame_start *start) MUST_CHECK;
void run_answer(struct run *r, const struct answer *answer);
void run_turn(struct run *r); /* a slice; may free the run */
void run_free(struct run *r);

/* ---- for phase.c */

/* Writes the last frame of a run that failed, or of a version that is refused. at: "" for nowhere.
 */
void run_fail(struct run *r, const char *code, struct text message, const char *at);
/* The root task has failed: its error lies on its stack. */
void run_fail_script(struct run *r);

/* As valid UTF-8 of at most VM_MESSAGE bytes, borrowed from the scratch buffer. */
struct text run_clean(struct run *r, struct text message);

/* Makes the vm: true: from an image, its file is loaded already. */
bool phase_make_vm(struct run *r);
/* Behind phase_make_vm, on the processor. */
void phase_begin(struct run *r, bool loaded);
/* The root task has returned: judges what, and enters what comes next. Sets r->phase. */
void phase_leave(struct run *r);
/* "support/refund.lua:12", where the function of this phase begins; "" when there is none. */
void phase_line(struct run *r, char at[VM_AT]);
