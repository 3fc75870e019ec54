/* SPDX-License-Identifier: MIT */
#include "runner/run/group.h"

#include "runner/run/emit.h"
#include "runner/run/script.h"

#include <string.h>

struct open_group {
    struct list link; /* of script.groups, in the order of their beginning */
    const struct task *task;
    uint32_t step, attempt;
    size_t name_len;
    char name[];
};

static struct open_group *find_group(struct script *s, uint32_t step)
{
    LIST_EACH(node, &s->groups)
    {
        struct open_group *g = LIST_ENTRY(node, struct open_group, link);
        if (g->step == step)
            return g;
    }
    return NULL;
}

static void begin_group(lua_State *L, uint32_t step, uint32_t attempt, struct text name)
{
    struct script *s = script_of(L);
    struct open_group *g = vm_scratch(L, NULL, 0, sizeof *g + name.len);
    *g = (struct open_group){.task = s->tasks.current, .step = step, .attempt = attempt};
    g->name_len = name.len;
    if (name.len)
        memcpy(g->name, name.data, name.len);
    list_init(&g->link);
    list_add(&s->groups, &g->link);
}

static void free_group(lua_State *L, struct open_group *g)
{
    list_del(&g->link);
    vm_scratch(L, g, sizeof *g + g->name_len, 0);
}

void group_note(lua_State *L, enum record_type type, uint32_t step, uint32_t attempt,
                struct text name)
{
    struct open_group *g = step ? find_group(script_of(L), step) : NULL;
    if (type == RECORD_STEP_STARTED && g)
        g->attempt = attempt;
    else if (type == RECORD_STEP_STARTED && step)
        begin_group(L, step, attempt, name);
    else if (g && (type == RECORD_STEP_COMPLETED || type == RECORD_STEP_FAILED))
        free_group(L, g);
}

void groups_end(struct script *s, const struct task *task)
{
    for (struct list *node = s->groups.prev, *before; node != &s->groups; node = before) {
        struct open_group *g = LIST_ENTRY(node, struct open_group, link);
        before = node->prev;
        if (task && g->task != task)
            continue;
        emit_record(s->vm.L, RECORD_STEP_FAILED, g->step, g->attempt,
                    (struct text){g->name, g->name_len},
                    TEXT("{\"code\":\"cancelled\",\"message\":\"the script went on without it\"}"));
        free_group(s->vm.L, g);
    }
}
