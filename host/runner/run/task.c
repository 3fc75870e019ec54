/* SPDX-License-Identifier: MIT */
#include "runner/run/task.h"

#include "runner/run/emit.h"
#include "runner/run/group.h"
#include "runner/run/host_task.h"
#include "runner/run/script.h"
#include "runner/vm/tick.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { STATES_FIRST = 64, LEVELS_LOOKED_AT = 20, CALLER_BYTES = 96 };

/* ---- the set */

void tasks_init(struct script *s)
{
    lua_State *L = s->vm.L;
    struct task *root = &s->tasks.root;
    list_init(&s->tasks.live);
    list_init(&s->tasks.ready);
    list_init(&s->groups);
    list_init(&root->live);
    list_init(&root->ready);
    root->state = TASK_ENDED;
    lua_createtable(L, 0, 1);
    root->co = lua_newthread(L);
    lua_rawsetp(L, -2, root);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_TASKS);
}

void task_make_ready(struct task_set *set, struct task *t)
{
    t->state = TASK_READY;
    list_add(&set->ready, &t->ready);
}

void tasks_start(struct script *s, int arguments)
{
    struct task *root = &s->tasks.root;
    root->count = arguments;
    list_add(&s->tasks.live, &root->live);
    task_make_ready(&s->tasks, root);
}

static struct task *of_live(struct list *node)
{
    return LIST_ENTRY(node, struct task, live);
}

/* Takes a task that has just ended out of the set, and makes those ready who waited for it. */
static void end_task(struct script *s, struct task *t, enum task_state state)
{
    t->state = state;
    list_del(&t->live);
    list_del(&t->ready);
    LIST_EACH(node, &s->tasks.live)
    {
        struct task *other = of_live(node);
        if (other->parent == t)
            other->parent = t->parent;
        if (other->state == TASK_ANY || (other->state == TASK_JOIN && other->joined == t))
            task_make_ready(&s->tasks, other);
    }
    if (t == &s->tasks.root)
        return;
    groups_end(s, t);
    lua_State *L = s->vm.L;
    if (state != TASK_CANCELLED)
        host_task_keep_results(L, t);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_TASKS);
    lua_pushnil(L);
    lua_rawsetp(L, -2, t);
    lua_pop(L, 1);
}

/* Runs a task until it waits, is preempted or ends. */
static int resume_task(struct script *s, struct task *t)
{
    int arguments = t->state == TASK_READY ? t->count : 0, results = 0;
    t->count = 0;
    t->state = TASK_RUNNING;
    s->vm.shared.coroutine_depth = 0;
    s->vm.shared.pinned = 0;
    s->vm.shared.running = t->co;
    int status = lua_resume(t->co, s->vm.L, arguments, &results);
    s->vm.shared.running = s->vm.L;
    if (status == LUA_YIELD && !s->vm.shared.host_yield) {
        lua_pushliteral(t->co, "attempt to yield from outside a coroutine");
        status = LUA_ERRRUN;
    }
    s->vm.shared.host_yield = false;
    t->count = status == LUA_OK ? results : 1;
    return status;
}

/* Says which task is on the processor or preempted; NULL: none. */
static void set_current(struct script *s, struct task *t)
{
    s->tasks.current = t;
    s->vm.task = t ? t->co : NULL;
}

enum tasks_turn tasks_turn(struct script *s)
{
    struct task_set *set = &s->tasks;
    for (;;) {
        if (!set->current) {
            struct list *node = list_pop(&set->ready);
            if (!node)
                return TASKS_IDLE;
            set_current(s, LIST_ENTRY(node, struct task, ready));
        }
        if (s->vm.collect_wanted)
            vm_collect(&s->vm);
        struct task *t = set->current;
        int status = resume_task(s, t);
        if (s->vm.shared.preempted) {
            s->vm.shared.preempted = false;
            t->count = 0;
            return TASKS_PREEMPTED;
        }
        set_current(s, NULL);
        if (status == LUA_YIELD) {
            t->count = 0;
            continue;
        }
        end_task(s, t, status == LUA_OK ? TASK_ENDED : TASK_FAILED);
        if (t == &set->root)
            return TASKS_ENDED;
    }
}

bool tasks_wait_for_answers(const struct script *s)
{
    LIST_EACH(node, &s->tasks.live)
    {
        if (of_live(node)->state == TASK_OP)
            return true;
    }
    return false;
}

bool task_has_coroutine(const struct script *s, const lua_State *co)
{
    LIST_EACH(node, &s->tasks.live)
    {
        if (of_live(node)->co == co)
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

static void cancel_one(struct script *s, struct task *t)
{
    if (t->state == TASK_OP) {
        s->step_states[t->step - 1] = STEP_CANCELLED;
        emit_op_cancel(s, t->step);
    }
    end_task(s, t, TASK_CANCELLED);
}

/* Marks all of the tree before it ends any, since an end hands its children to its parent. */
void task_cancel_tree(struct script *s, struct task *top)
{
    LIST_EACH(node, &s->tasks.live)
    {
        struct task *t = of_live(node);
        t->doomed = task_descends(t, top);
    }
    LIST_EACH(node, &s->tasks.live)
    {
        if (of_live(node)->doomed)
            cancel_one(s, of_live(node));
    }
}

void tasks_cancel_rest(struct script *s)
{
    LIST_EACH(node, &s->tasks.live)
    {
        if (of_live(node)->state == TASK_OP)
            emit_op_cancel(s, of_live(node)->step);
    }
    groups_end(s, NULL);
}

/* ---- steps */

static void grow_states(lua_State *L, struct script *s)
{
    uint32_t room = s->steps_room ? s->steps_room * 2 : STATES_FIRST;
    s->step_states = vm_scratch(L, s->step_states, s->steps_room, room);
    memset(s->step_states + s->steps_room, STEP_NONE, room - s->steps_room);
    s->steps_room = room;
}

uint32_t step_take(lua_State *L, enum step_state state)
{
    struct script *s = script_of(L);
    if (s->steps >= s->steps_max)
        vm_kill(L, "limit.steps", "the run takes more than %u steps", (unsigned)s->steps_max);
    if (s->steps == s->steps_room)
        grow_states(L, s);
    s->step_states[s->steps++] = (uint8_t)state;
    tick_restart(&s->vm);
    return s->steps;
}

enum step_state step_state(const struct script *s, uint32_t step)
{
    return step >= 1 && step <= s->steps ? (enum step_state)s->step_states[step - 1] : STEP_NONE;
}

void step_resume(struct script *s, uint32_t step)
{
    s->step_states[step - 1] = STEP_ANSWERED;
    LIST_EACH(node, &s->tasks.live)
    {
        struct task *t = of_live(node);
        if (t->state == TASK_OP && t->step == step)
            task_make_ready(&s->tasks, t);
    }
}

/* ---- waiting */

/* Finds the function of a lualib module through which the script came here: "http.get". The chunks
 * of lualib are named "=[http]". */
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
    if (script_of(L)->stage != SCRIPT_RUNNING)
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
    struct script *s = script_of(L);
    s->tasks.current->state = state;
    s->vm.shared.host_yield = true;
    return lua_yieldk(L, 0, context, go_on);
}
