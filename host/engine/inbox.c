/* SPDX-License-Identifier: MIT */
#include "engine/inbox.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/commit.h"
#include "engine/rebuild.h"
#include "engine/run.h"
#include "engine/run_end.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void take_cancel(struct run *r, struct text data)
{
    (void)data;
    run_cancel(r);
}

static const struct inbox_kind {
    const char *name;
    /* In any state in which records may be written: on a runner or off it, and while the run is
     * rebuilt, when neither its version nor its journal is there yet. */
    void (*take)(struct run *r, struct text data);
} kinds[] = {
    {"cancel", take_cancel},
};

static const struct inbox_kind *kind_of(struct text name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (text_is(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

void inbox_hand_over(struct run *r, const struct store_inbox *row)
{
    const struct inbox_kind *kind = kind_of(row->kind);
    r->update.inbox_taken = row->id;
    r->update.any = true;
    if (!run_is_read(r)) /* else going on, or the end, writes it */
        run_touch(r);
    if (kind)
        kind->take(r, row->data);
    else
        log_warn(r->id, "something of an unknown kind was in the inbox, it is dropped: %.*s",
                 (int)row->kind.len, row->kind.data);
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
        inbox_hand_over(r, &row);
}

static void on_put(void *arg, enum store_outcome outcome, int64_t id, enum store_status ended,
                   const struct error *err)
{
    struct letter *l = arg;
    struct engine *e = l->e;
    (void)ended;
    if (outcome == STORE_BROKEN)
        store_outage_failed(e, l->run, err);
    else if (outcome == STORE_DONE)
        store_outage_works(e);
    l->fn(l->arg, outcome, err);
    if (outcome == STORE_DONE && !e->closing) /* else the next host finds it */
        deliver(l, id);
    free(l->data);
    free(l);
}

void inbox_put(struct engine *e, const char *run, const char *kind, struct text data, inbox_fn fn,
               void *arg)
{
    struct letter *l = mem_zero(1, sizeof *l);
    *l = (struct letter){.e = e, .kind = kind_of(text_of(kind)), .fn = fn, .arg = arg};
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
