/* SPDX-License-Identifier: MIT */
/* script_run.h - one run in the runner: from its START frame to its last one. The loading of a
 * program for the host is one, too (kind STATUS_PAGE_LOAD): it ends behind the first phase. The
 * life of a run is a row of phases (phase.h). Its end frees it; nothing of it is left.
 *
 * Codes of FAILED: limit.cpu limit.memory limit.steps limit.output limit.record limit.journal;
 * script.error (or the error table's own code), script.result (not writable as JSON),
 * script.deadlock, agent.failed; replay.diverged; and what only a host that breaks its word sees:
 * runner.version, runner.event, runner.answer, runner.full (no slot left).
 *
 * ADMITTED precedes FAILED also when the filter or the instruction failed. Ops that were asked for
 * are taken back (OP_CANCEL) before FINISHED, not before FAILED. IDLE follows every answer after
 * which nothing can move, also when the next one is there already.
 *
 * Owner: the loop. Thread: one. Limits: those of its START frame. */
#pragma once
#include "runner/run/loop.h"
#include "runner/run/phase.h"
#include "runner/run/program.h"
#include "wire/frame.h"

/* The answer of a step, as an ANSWER frame brings it. */
struct step_answer {
    struct list link; /* of script_run.answers */
    int64_t at_ms;
    uint32_t step;
    bool ok;
    struct text json;
    char data[]; /* what json shows, when the answer waits */
};

enum { RUN_ID = 64 };

struct script_run {
    struct tag_node node; /* of loop.runs; of a load, the program's tag, in no map */
    struct list ready;    /* of loop.ready */
    struct loop *loop;
    struct program *program;
    enum status_page_kind kind;
    enum phase phase;
    int slot;              /* -1: none */
    struct script *script; /* NULL until it was first on the processor */
    bool admitted;         /* ADMITTED was written */
    bool resting;          /* nothing can move until an answer comes */
    bool agent;            /* an agent trigger: it has no run of its own */

    struct frame_start start; /* its texts are borrowed from the frame, or lie in `held` */
    char *held;
    char id[RUN_ID];

    struct list answers; /* that came before their time, in order */
    uint32_t answers_taken;
    const struct step_answer *incoming; /* to be taken first; borrowed */
    struct step_answer *taken;          /* the one of `answers` that the script has now */
};

/* Loads a program: compiles it, and tells the host its declaration or why it is refused. */
void script_run_load(struct loop *l, struct program *p);
/* Starts a run; its frames go out under `tag`. False: broken fields. */
bool script_run_start(struct loop *l, uint64_t tag, const struct frame_start *start) MUST_CHECK;
void script_run_answer(struct script_run *r, const struct step_answer *answer);
/* Gives the run one slice of the processor; may free the run. */
void script_run_turn(struct script_run *r);
void script_run_free(struct script_run *r);

/* ---- for phase.c */

/* Writes the last frame of a run that failed, or of a refused program. at: "" for nowhere. */
void script_run_fail(struct script_run *r, const char *code, struct text message, const char *at);
/* Fails the run with the error that lies on the stack of the root task. */
void script_run_fail_raised(struct script_run *r);
/* The message as valid UTF-8 of at most VM_MESSAGE bytes, borrowed from the scratch buffer. */
struct text script_run_clean(struct script_run *r, struct text message);
