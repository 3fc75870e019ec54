/* SPDX-License-Identifier: MIT */
#include "engine/backlog.h"
#include "engine/acceptance.h"
#include "engine/run.h"

void backlog_init(struct backlog *b)
{
    list_init(&b->runs);
}

static bool has_room(const struct engine *e, unsigned runner)
{
    return e->placements.computing[runner] < e->config->runs_per_runner;
}

void backlog_start(struct run *r)
{
    struct engine *e = r->e;
    unsigned runner = engine_idlest_runner(e);
    if (has_room(e, runner)) {
        run_place(r, runner, true, TEXT_NONE, buf_view(&r->acceptance->event));
        run_enter(r, RUN_PLACED);
    } else {
        list_add(&e->backlog.runs, &r->link);
        e->backlog.count++;
    }
}

void backlog_next(struct engine *e)
{
    while (!list_empty(&e->backlog.runs) && has_room(e, engine_idlest_runner(e))) {
        struct list *node = list_pop(&e->backlog.runs);
        e->backlog.count--;
        backlog_start(LIST_ENTRY(node, struct run, link));
    }
}
