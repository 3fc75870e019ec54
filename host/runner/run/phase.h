/* SPDX-License-Identifier: MIT */
/* phase.h - the phases of a run: compile the program (only when it is loaded for the host), load
 * the file, judge the filter, render the instruction, run. Each enters with something for the root
 * task to call, or goes on to the next at once, and leaves by judging what the task returned. So
 * every phase can be preempted and killed. Owner: the run. Thread: one. */
#pragma once
#include "runner/vm/vm_state.h"

struct script_run;

enum phase {
    PHASE_COMPILE, /* of a load only */
    PHASE_LOAD,
    PHASE_FILTER,
    PHASE_INSTRUCTION,
    PHASE_RUN,
    PHASES,
    PHASE_END = PHASES, /* the last frame is written */
};

/* Makes the run's script. True: it is a copy of an image, in which the file is loaded already. */
bool phase_make_script(struct script_run *r);
/* Enters the first phase; to be called behind phase_make_script, on the processor. */
void phase_begin(struct script_run *r, bool loaded);
/* The root task has returned: judges what, and enters what comes next. Sets r->phase. */
void phase_leave(struct script_run *r);
/* Finds where the function of this phase begins, "support/refund.lua:12"; "" when there is none. */
void phase_line(struct script_run *r, char at[VM_AT]);
