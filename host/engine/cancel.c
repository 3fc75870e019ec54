/* SPDX-License-Identifier: MIT */
#include "engine/cancel.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/inbox.h"
#include <stdlib.h>
#include <string.h>

struct cancel {
    struct follower follower; /* hears of the end: only what is durable is confirmed */
    struct list link;         /* engine.cancels */
    struct engine *e;
    char run[ID_BYTES];
    bool durable; /* it waits for the end alone */
    cancel_fn fn;
    void *arg;
};

static void answer_cancel(struct cancel *c, enum verdict v)
{
    hub_leave(&c->e->hub, &c->follower);
    list_del(&c->link);
    c->fn(c->arg, v);
    free(c);
}

/* It may have come to another end first. */
static enum verdict verdict_of_end(enum store_status ended)
{
    return ended == STORE_CANCELLED ? VERDICT_ACCEPTED : VERDICT_CONFLICT;
}

static void on_hub_news(struct follower *f, const struct hub_news *news)
{
    struct cancel *c = CONTAINER_OF(f, struct cancel, follower);
    if (news->end)
        answer_cancel(c, verdict_of_end(news->end->status));
}

void cancels_close(struct engine *e)
{
    while (!list_empty(&e->cancels))
        answer_cancel(LIST_ENTRY(e->cancels.next, struct cancel, link), VERDICT_DRAINING);
}

void cancels_unwritten(struct engine *e, const char *run)
{
    LIST_EACH(node, &e->cancels)
    {
        struct cancel *c = LIST_ENTRY(node, struct cancel, link);
        if (c->durable && strcmp(c->run, run) == 0)
            answer_cancel(c, e->closing ? VERDICT_DRAINING : VERDICT_STORE);
    }
}

static void on_put(void *arg, enum store_outcome outcome, enum store_status ended,
                   const struct error *err)
{
    struct cancel *c = arg;
    (void)ended, (void)err;
    c->durable = outcome == STORE_DONE && !c->e->closing;
    if (c->durable)
        hub_join(&c->e->hub, c->run, &c->follower, on_hub_news);
    else
        answer_cancel(c, outcome == STORE_DONE     ? VERDICT_DRAINING
                         : outcome == STORE_NO_RUN ? VERDICT_NOT_FOUND
                         : outcome == STORE_ENDED  ? VERDICT_CONFLICT
                         : outcome == STORE_FULL   ? VERDICT_OVERLOADED
                                                   : VERDICT_STORE);
}

void engine_cancel(struct engine *e, const char *run, cancel_fn fn, void *arg)
{
    struct cancel *c = mem_zero(1, sizeof *c);
    *c = (struct cancel){.e = e, .fn = fn, .arg = arg};
    list_init(&c->follower.link);
    list_add(&e->cancels, &c->link);
    memcpy(c->run, run, strnlen(run, ID_BYTES - 1));
    inbox_put(e, c->run, "cancel", TEXT_NONE, on_put, c);
}
