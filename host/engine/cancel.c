/* SPDX-License-Identifier: MIT */
#include "engine/cancel.h"
#include "base/mem.h"
#include "engine/rebuild.h"
#include "engine/run.h"
#include "engine/run_end.h"
#include <stdlib.h>
#include <string.h>

struct cancel {
    struct follower follower; /* hears of the end: only what is durable is confirmed */
    struct list link;         /* engine.cancels */
    struct engine *e;
    char run[ID_BYTES];
    cancel_fn fn;
    void *arg;
};

static void cancel_end(struct cancel *c, enum verdict v)
{
    hub_leave(&c->e->hub, &c->follower);
    list_del(&c->link);
    c->fn(c->arg, v);
    free(c);
}

static void on_cancel_news(struct follower *f, const struct hub_news *news)
{
    struct cancel *c = CONTAINER_OF(f, struct cancel, follower);
    if (news->end) /* it may have come to another end first */
        cancel_end(c, news->end->status == STORE_CANCELLED ? VERDICT_ACCEPTED : VERDICT_CONFLICT);
}

void cancels_close(struct engine *e)
{
    while (!list_empty(&e->cancels))
        cancel_end(LIST_ENTRY(e->cancels.next, struct cancel, link), VERDICT_DRAINING);
}

static void on_cancel_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct cancel *c = arg;
    enum verdict v = err                               ? VERDICT_STORE
                     : !row                            ? VERDICT_NOT_FOUND
                     : store_status_final(row->status) ? VERDICT_CONFLICT
                                                       : VERDICT_ACCEPTED;
    if (v != VERDICT_ACCEPTED || c->e->closing) {
        cancel_end(c, v == VERDICT_ACCEPTED ? VERDICT_DRAINING : v);
        return;
    }
    struct run *r = run_by_id(c->e, c->run);
    if (!r)
        r = rebuild_parked(c->e, c->run, "cancel");
    hub_join(&c->e->hub, c->run, &c->follower, on_cancel_news);
    if (run_comes_back(r))
        r->cancel = true;
    else
        run_cancel(r);
}

void engine_cancel(struct engine *e, const char *run, cancel_fn fn, void *arg)
{
    struct cancel *c = mem_zero(1, sizeof *c);
    *c = (struct cancel){.e = e, .fn = fn, .arg = arg};
    list_init(&c->follower.link);
    list_add(&e->cancels, &c->link);
    memcpy(c->run, run, strnlen(run, ID_BYTES - 1));
    store_get_run(e->store, c->run, on_cancel_row, c);
}
