/* SPDX-License-Identifier: MIT */
/* tick.h - the CPU clock of the runner's one thread. Every TICK_MS of CPU time a signal arms a
 * count hook on the coroutine on the processor; the hook checks the CPU limit, collects garbage if
 * that was asked for, and ends the slice.
 *
 * CPU is measured in these ticks: a run pays for a tick that falls into its time, which is right
 * in the mean and costs no system call when a run enters or leaves the processor.
 *
 * Owner: the process (a signal handler has no other owner). Thread: the one that called
 * tick_start. Limits: the cpu_ms of each vm. */
#pragma once
#include "base/error.h"
#include <lua.h>

struct vm;

enum {
    TICK_MS = 2,
    TICK_SLICE = 1, /* ticks a run may stay on the processor while it can leave it */
};

bool tick_start(struct error *err) MUST_CHECK;
void tick_stop(void);
/* Puts a vm on the processor, with a slice of its own. */
void tick_enter(struct vm *vm);
/* Takes it off. */
void tick_leave(void);
/* The vm on the processor, or NULL. */
struct vm *tick_current(void);
/* Starts the CPU account anew, as each step does. */
void tick_restart(struct vm *vm);
/* Arms the hook on the coroutine on the processor, for what is wanted before the next tick. */
void tick_arm(struct vm *vm);
