/* SPDX-License-Identifier: MIT */
#include "runner/run/group.h"

#include "runner/run/emit.h"
#include "runner/vm/vm_state.h"

#include <string.h>

struct group {
    struct list link; /* of vm.groups, in the order of their beginning */
    const struct task *task;
    uint32_t step, attempt;
    size_t name_len;
    char name[];
};

static struct group *find(struct vm *vm, uint32_t step)
{
    LIST_EACH(node, &vm->groups)
    {
        struct group *g = LIST_ENTRY(node, struct group, link);
        if (g->step == step)
            return g;
    }
    return NULL;
}

static void begin(lua_State *L, uint32_t step, uint32_t attempt, struct text name)
{
    struct vm *vm = vm_of(L);
    struct group *g = vm_scratch(L, NULL, 0, sizeof *g + name.len);
    *g = (struct group){.task = vm->tasks.current, .step = step, .attempt = attempt};
    g->name_len = name.len;
    if (name.len)
        memcpy(g->name, name.data, name.len);
    list_init(&g->link);
    list_add(&vm->groups, &g->link);
}

static void forget(lua_State *L, struct group *g)
{
    list_del(&g->link);
    vm_scratch(L, g, sizeof *g + g->name_len, 0);
}

void group_note(lua_State *L, enum record_type type, uint32_t step, uint32_t attempt,
                struct text name)
{
    struct group *g = step ? find(vm_of(L), step) : NULL;
    if (type == RECORD_STEP_STARTED && g)
        g->attempt = attempt;
    else if (type == RECORD_STEP_STARTED && step)
        begin(L, step, attempt, name);
    else if (g && (type == RECORD_STEP_COMPLETED || type == RECORD_STEP_FAILED))
        forget(L, g);
}

void groups_end(struct vm *vm, const struct task *task)
{
    for (struct list *node = vm->groups.prev, *before; node != &vm->groups; node = before) {
        struct group *g = LIST_ENTRY(node, struct group, link);
        before = node->prev;
        if (task && g->task != task)
            continue;
        emit_record(vm->L, RECORD_STEP_FAILED, g->step, g->attempt,
                    (struct text){g->name, g->name_len},
                    TEXT("{\"code\":\"cancelled\",\"message\":\"the script went on without it\"}"));
        forget(vm->L, g);
    }
}
