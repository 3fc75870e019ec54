/* SPDX-License-Identifier: MIT */
/* task.h - the tasks of one run: coroutines that wait for answers and for each other. A task runs
 * until it waits or ends; then the first of the ready ones (FIFO) goes on. Nothing here depends on
 * time, so the order is the same in every replay. For the same reason a preempted task stays the
 * current one. Owner: the script (everything lies in its arena). Thread: one. Limits: the run's
 * memory and its number of steps. */
#pragma once
#include "base/list.h"
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

struct script;

enum task_state {
    TASK_READY,
    TASK_RUNNING,
    TASK_OP,     /* waits for the answer of `step` */
    TASK_JOIN,   /* waits for the end of `joined` */
    TASK_ANY,    /* waits for the end of any task, and looks then whether it is one of its own */
    TASK_ENDED,  /* this and the states below are ends; the root's results lie on its stack */
    TASK_FAILED, /* the root's error lies on its stack */
    TASK_CANCELLED,
};

struct task {
    struct list live;  /* of task_set.live, in the order they were made, until the task has ended */
    struct list ready; /* of task_set.ready */
    struct task *parent;
    lua_State *co;
    enum task_state state;
    int count; /* before its first resume: arguments; when ended: results */
    uint32_t step;
    struct task *joined;
    bool doomed; /* only within task_cancel_tree */
};

struct task_set {
    struct list live, ready;
    struct task *current; /* on the processor, or preempted */
    struct task root;
};

enum step_state { STEP_NONE, STEP_GROUP, STEP_ASKED, STEP_CANCELLED, STEP_ANSWERED };

void tasks_init(struct script *s);
/* Makes the root ready: a function and `arguments` values lie on its stack. */
void tasks_start(struct script *s, int arguments);

enum tasks_turn {
    TASKS_ENDED,     /* the root has: see its state */
    TASKS_PREEMPTED, /* call again */
    TASKS_IDLE,      /* nothing can move until an answer comes */
};
enum tasks_turn tasks_turn(struct script *s);
/* To be called when the root has ended: takes back the ops of the tasks that have not. */
void tasks_cancel_rest(struct script *s);
bool tasks_wait_for_answers(const struct script *s);
/* True when co is the coroutine of a live task itself. */
bool task_has_coroutine(const struct script *s, const lua_State *co);

/* Takes a new step's number. Past the limit: kills. */
uint32_t step_take(lua_State *L, enum step_state state);
enum step_state step_state(const struct script *s, uint32_t step);
/* Makes the task ready that waits for this step; it goes on with the answer in s->answer. */
void step_resume(struct script *s, uint32_t step);

/* ---- for the host table */

void task_make_ready(struct task_set *set, struct task *t);
bool task_descends(const struct task *t, const struct task *ancestor);
/* Ends a task and its descendants without running them again. */
void task_cancel_tree(struct script *s, struct task *top);
/* Suspends the current task in `state`; go_on runs when it goes on. */
int task_suspend(lua_State *L, enum task_state state, lua_KContext context, lua_KFunction go_on);
/* Raise an error ("http.get can only be called inside run") where a run cannot do what is asked. */
void task_check_run(lua_State *L, const char *kind);
void task_check_wait(lua_State *L, const char *kind);
/* Raises "support/refund.lua:12: http.get" and the message. Never returns. */
int task_raise(lua_State *L, const char *kind, const char *message);
