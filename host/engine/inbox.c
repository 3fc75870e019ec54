/* SPDX-License-Identifier: MIT */
#include "engine/inbox.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/commit.h"
#include "engine/inbox_kinds.h"
#include "engine/ops.h"
#include "engine/rebuild.h"
#include "engine/run.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- taking */

/* A row that the run knows of and that is still in the store. */
struct held_row {
    struct list link; /* run->inbox, by id */
    int64_t id;
    const struct inbox_kind *kind; /* NULL: nobody knows it */
    char *data;                    /* NULL: none */
    size_t data_bytes;
    bool taken;
    uint64_t last_seq; /* taken: the row goes with this record */
};

static void free_row(struct held_row *h)
{
    list_del(&h->link);
    free(h->data);
    free(h);
}

static bool can_take(const struct run *r)
{
    return run_is_on_runner(r) && r->state != RUN_REPLAYING;
}

static void take_row(struct run *r, struct held_row *h)
{
    h->taken = true;
    if (h->kind)
        h->kind->take(r, (struct text){h->data, h->data_bytes});
    h->last_seq = r->next_seq - 1;
    r->update.any = true;
    if (!run_is_read(r)) /* else going on, or the end, writes it */
        run_touch(r);
}

void inbox_hand_over(struct run *r)
{
    LIST_EACH(node, &r->inbox)
    {
        struct held_row *h = LIST_ENTRY(node, struct held_row, link);
        if (run_has_ended(r)) /* the end deletes all of them */
            return;
        if (h->taken)
            continue;
        if (h->kind && !can_take(r)) {
            ops_call_back(r);
            return;
        }
        take_row(r, h);
    }
}

void inbox_receive(struct run *r, const struct store_inbox *row)
{
    const struct inbox_kind *kind = inbox_kind_of(row->kind);
    if (row->id <= r->inbox_last)
        return;
    r->inbox_last = row->id;
    if (kind && kind->ends) {
        kind->take(r, row->data);
        return;
    }
    if (!kind)
        log_warn(r->id, "something of an unknown kind was in the inbox, it is dropped: %.*s",
                 (int)row->kind.len, row->kind.data);
    struct held_row *h = mem_zero(1, sizeof *h);
    *h = (struct held_row){.id = row->id, .kind = kind, .data_bytes = row->data.len};
    h->data = row->data.data ? mem_text_n(row->data.data, row->data.len) : NULL;
    list_add(&r->inbox, &h->link);
    inbox_hand_over(r);
}

int64_t inbox_taken(struct run *r, uint64_t last)
{
    int64_t id = 0;
    while (!list_empty(&r->inbox)) {
        struct held_row *h = LIST_ENTRY(r->inbox.next, struct held_row, link);
        if (!h->taken || h->last_seq > last)
            break;
        id = h->id;
        free_row(h);
    }
    return id;
}

void inbox_forget(struct run *r)
{
    while (!list_empty(&r->inbox))
        free_row(LIST_ENTRY(r->inbox.next, struct held_row, link));
}

/* ---- putting */

struct letter {
    struct engine *e;
    char run[ID_BYTES];
    const struct inbox_kind *kind;
    char *data; /* NULL: none */
    inbox_fn fn;
    void *arg;
};

static void deliver(const struct letter *l, int64_t id)
{
    const struct store_inbox row = {
        .id = id, .run = l->run, .kind = text_of(l->kind->name), .data = text_of(l->data)};
    struct run *r = run_by_id(l->e, l->run);
    if (!r)
        rebuild_parked(l->e, l->run, l->kind->name);
    else if (run_is_read(r))
        r->inbox_again = true; /* it came behind the look that has been taken, perhaps */
    else if (!run_has_ended(r))
        inbox_receive(r, &row);
}

static void on_put(void *arg, enum store_outcome outcome, int64_t id, enum store_status ended,
                   const struct error *err)
{
    struct letter *l = arg;
    struct engine *e = l->e;
    if (outcome == STORE_BROKEN)
        store_outage_failed(e, l->run, err);
    else if (outcome == STORE_DONE)
        store_outage_works(e);
    l->fn(l->arg, outcome, ended, err);
    if (outcome == STORE_DONE && !e->closing) /* else the next host finds it */
        deliver(l, id);
    free(l->data);
    free(l);
}

void inbox_put(struct engine *e, const char *run, const char *kind, struct text data, inbox_fn fn,
               void *arg)
{
    struct letter *l = mem_zero(1, sizeof *l);
    *l = (struct letter){.e = e, .kind = inbox_kind_of(text_of(kind)), .fn = fn, .arg = arg};
    assert(l->kind);
    l->data = data.data ? mem_text_n(data.data, data.len) : NULL;
    memcpy(l->run, run, strnlen(run, ID_BYTES - 1));
    const struct store_inbox row = {
        .run = l->run,
        .kind = text_of(l->kind->name),
        .data = text_of(l->data),
        .at_ms = clock_wall_ms(e->clock),
    };
    store_inbox_put(e->store, &row, on_put, l);
}
