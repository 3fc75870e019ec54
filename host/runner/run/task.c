/* SPDX-License-Identifier: MIT */
#include "runner/run/task.h"

#include "runner/run/emit.h"
#include "runner/run/group.h"
#include "runner/vm/tick.h"
#include "runner/vm/vm_state.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { STATES_FIRST = 64, LEVELS_LOOKED_AT = 20, CALLER_BYTES = 96 };

/* ---- the set */

void tasks_init(struct vm *vm)
{
    lua_State *L = vm->L;
    struct task *root = &vm->tasks.root;
    list_init(&vm->tasks.live);
    list_init(&vm->tasks.ready);
    list_init(&vm->groups);
    list_init(&root->live);
    list_init(&root->ready);
    root->state = TASK_ENDED;
    lua_createtable(L, 0, 1);
    root->co = lua_newthread(L);
    lua_rawsetp(L, -2, root);
    lua_rawseti(L, LUA_REGISTRYINDEX, VM_REF_TASKS);
}

void task_make_ready(struct task_set *set, struct task *t)
{
    t->state = TASK_READY;
    list_add(&set->ready, &t->ready);
}

void tasks_start(struct vm *vm, int arguments)
{
    struct task *root = &vm->tasks.root;
    root->count = arguments;
    list_add(&vm->tasks.live, &root->live);
    task_make_ready(&vm->tasks, root);
}

static struct task *of_live(struct list *node)
{
    return LIST_ENTRY(node, struct task, live);
}

/* Takes a task that has just ended out of the set; who waited for it goes on. */
static void settle(struct vm *vm, struct task *t, enum task_state state)
{
    t->state = state;
    list_del(&t->live);
    list_del(&t->ready);
    LIST_EACH(node, &vm->tasks.live)
    {
        struct task *other = of_live(node);
        if (other->parent == t)
            other->parent = t->parent;
        if (other->state == TASK_ANY || (other->state == TASK_JOIN && other->joined == t))
            task_make_ready(&vm->tasks, other);
    }
    if (t == &vm->tasks.root)
        return;
    groups_end(vm, t);
    lua_State *L = vm->L;
    if (state != TASK_CANCELLED)
        task_keep_results(L, t);
    lua_rawgeti(L, LUA_REGISTRYINDEX, VM_REF_TASKS);
    lua_pushnil(L);
    lua_rawsetp(L, -2, t);
    lua_pop(L, 1);
}

/* Runs a task until it waits, is preempted or ends. */
static int resume(struct vm *vm, struct task *t)
{
    int arguments = t->state == TASK_READY ? t->count : 0, results = 0;
    t->count = 0;
    t->state = TASK_RUNNING;
    vm->shared.coroutine_depth = 0;
    vm->shared.pinned = 0;
    vm->shared.running = t->co;
    int status = lua_resume(t->co, vm->L, arguments, &results);
    vm->shared.running = vm->L;
    if (status == LUA_YIELD && !vm->shared.host_yield) {
        lua_pushliteral(t->co, "attempt to yield from outside a coroutine");
        status = LUA_ERRRUN;
    }
    vm->shared.host_yield = false;
    t->count = status == LUA_OK ? results : 1;
    return status;
}

enum tasks_turn tasks_turn(struct vm *vm)
{
    struct task_set *set = &vm->tasks;
    for (;;) {
        if (!set->current) {
            struct list *node = list_pop(&set->ready);
            if (!node)
                return TASKS_IDLE;
            set->current = LIST_ENTRY(node, struct task, ready);
        }
        if (vm->collect_wanted)
            vm_collect(vm);
        struct task *t = set->current;
        int status = resume(vm, t);
        if (vm->preempted) {
            vm->preempted = false;
            t->count = 0;
            return TASKS_PREEMPTED;
        }
        set->current = NULL;
        if (status == LUA_YIELD) {
            t->count = 0;
            continue;
        }
        settle(vm, t, status == LUA_OK ? TASK_ENDED : TASK_FAILED);
        if (t == &set->root)
            return TASKS_ENDED;
    }
}

bool tasks_wait_for_answers(const struct vm *vm)
{
    LIST_EACH(node, &vm->tasks.live)
    {
        if (of_live(node)->state == TASK_OP)
            return true;
    }
    return false;
}

bool task_descends(const struct task *t, const struct task *ancestor)
{
    while (t && t != ancestor)
        t = t->parent;
    return t != NULL;
}

static void cancel_one(struct vm *vm, struct task *t)
{
    if (t->state == TASK_OP) {
        vm->step_states[t->step - 1] = STEP_CANCELLED;
        emit_op_cancel(vm, t->step);
    }
    settle(vm, t, TASK_CANCELLED);
}

/* Marks come first: an end hands its children to its parent. */
void task_cancel_tree(struct vm *vm, struct task *top)
{
    LIST_EACH(node, &vm->tasks.live)
    {
        struct task *t = of_live(node);
        t->doomed = task_descends(t, top);
    }
    LIST_EACH(node, &vm->tasks.live)
    {
        if (of_live(node)->doomed)
            cancel_one(vm, of_live(node));
    }
}

void tasks_cancel_rest(struct vm *vm)
{
    LIST_EACH(node, &vm->tasks.live)
    {
        if (of_live(node)->state == TASK_OP)
            emit_op_cancel(vm, of_live(node)->step);
    }
    groups_end(vm, NULL);
}

/* ---- steps */

static void make_room(lua_State *L, struct vm *vm)
{
    uint32_t room = vm->steps_room ? vm->steps_room * 2 : STATES_FIRST;
    vm->step_states = vm_scratch(L, vm->step_states, vm->steps_room, room);
    memset(vm->step_states + vm->steps_room, STEP_NONE, room - vm->steps_room);
    vm->steps_room = room;
}

uint32_t step_take(lua_State *L, enum step_state state)
{
    struct vm *vm = vm_of(L);
    if (vm->steps >= vm->steps_max)
        vm_kill(L, "limit.steps", "the run takes more than %u steps", (unsigned)vm->steps_max);
    if (vm->steps == vm->steps_room)
        make_room(L, vm);
    vm->step_states[vm->steps++] = (uint8_t)state;
    tick_restart(vm);
    return vm->steps;
}

enum step_state step_state(const struct vm *vm, uint32_t step)
{
    return step >= 1 && step <= vm->steps ? (enum step_state)vm->step_states[step - 1] : STEP_NONE;
}

void step_answer(struct vm *vm, uint32_t step)
{
    vm->step_states[step - 1] = STEP_ANSWERED;
    LIST_EACH(node, &vm->tasks.live)
    {
        struct task *t = of_live(node);
        if (t->state == TASK_OP && t->step == step)
            task_make_ready(&vm->tasks, t);
    }
}

/* ---- waiting */

/* "http.get": the function of a lualib module through which the script came here. Its chunks are
 * named "=[http]". */
static void find_caller(lua_State *L, const char *kind, char name[CALLER_BYTES])
{
    lua_Debug ar;
    snprintf(name, CALLER_BYTES, "%s", kind);
    for (int level = 1; level < LEVELS_LOOKED_AT && lua_getstack(L, level, &ar); level++) {
        if (!lua_getinfo(L, "Sn", &ar) || strncmp(ar.source, "=[", 2) != 0 || *ar.what == 'C')
            return;
        int len = (int)strcspn(ar.source + 2, "]");
        if (ar.name)
            snprintf(name, CALLER_BYTES, "%.*s.%s", len, ar.source + 2, ar.name);
    }
}

int task_raise(lua_State *L, const char *kind, const char *message)
{
    char name[CALLER_BYTES], at[VM_AT];
    find_caller(L, kind, name);
    vm_find_line(L, at);
    lua_pushfstring(L, "%s%s%s%s", at, at[0] ? ": " : "", name, message);
    return lua_error(L);
}

void task_check_run(lua_State *L, const char *kind)
{
    if (vm_of(L)->phase != VM_RUNNING)
        task_raise(L, kind, " can only be called inside run");
}

void task_check_wait(lua_State *L, const char *kind)
{
    task_check_run(L, kind);
    if (!vm_can_wait(L))
        task_raise(L, kind, ": cannot wait inside string.gsub or table.sort callbacks");
}

int task_suspend(lua_State *L, enum task_state state, lua_KContext context, lua_KFunction go_on)
{
    struct vm *vm = vm_of(L);
    vm->tasks.current->state = state;
    vm->shared.host_yield = true;
    return lua_yieldk(L, 0, context, go_on);
}
