/* SPDX-License-Identifier: MIT */
/* Triggers that an operator has paused: changed by the writer thread, listed by the reader
 * thread. */
#include "base/mem.h"
#include "store/audit.h"
#include "store/jobs.h"
#include "store/query.h"
#include <stdlib.h>

enum { PAUSES_ROOM = 16 };

struct change {
    struct chore chore;
    struct keep keep;
    struct store_pause pause; /* texts in `keep` */
    struct store_audit audit;
    bool paused;
    store_written_fn done;
    void *arg;
};

static bool put(const struct change *c, struct sqlite *q, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_PAUSE_PUT);
    query_text(&s, text_of(c->pause.project));
    query_text(&s, text_of(c->pause.key));
    query_text(&s, text_of(c->pause.by));
    query_int(&s, c->pause.at_ms);
    return query_do(&s, err);
}

static bool take_away(const struct change *c, struct sqlite *q, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_PAUSE_REMOVE);
    query_text(&s, text_of(c->pause.project));
    query_text(&s, text_of(c->pause.key));
    return query_do(&s, err);
}

static bool apply(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct change *c = CONTAINER_OF(chore, struct change, chore);
    return (c->paused ? put(c, q, err) : take_away(c, q, err)) && audit_put(q, &c->audit, err);
}

static void deliver_change(struct store *s, struct letter *letter)
{
    (void)s;
    struct change *c = CONTAINER_OF(letter, struct change, chore.letter);
    if (c->done)
        c->done(c->arg, chore_error(&c->chore));
    keep_done(&c->keep);
    free(c);
}

void store_pause(struct store *s, const struct store_pause *p, bool paused,
                 const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change *c = mem_zero(1, sizeof *c);
    c->chore.apply = apply;
    c->chore.letter.deliver = deliver_change;
    c->pause.project = keep_text(&c->keep, text_of(p->project)).data;
    c->pause.key = keep_text(&c->keep, text_of(p->key)).data;
    c->pause.by = keep_text(&c->keep, text_of(p->by)).data;
    c->pause.at_ms = p->at_ms;
    c->audit = audit_copy(&c->keep, audit);
    c->paused = paused;
    c->done = done;
    c->arg = arg;
    store_chore(s, &c->chore);
}

struct list_pauses {
    struct read_job job;
    struct store_pause *rows;
    size_t count, room;
    store_pauses_fn fn;
    void *arg;
};

static bool read_pauses(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct list_pauses *l = CONTAINER_OF(job, struct list_pauses, job);
    struct query s;
    int step;
    query_begin(&s, q, SQL_PAUSE_LIST);
    while ((step = query_step(&s, err)) > 0) {
        if (l->count == l->room) {
            l->room = l->room ? 2 * l->room : PAUSES_ROOM;
            l->rows = mem_grow(l->rows, l->room * sizeof *l->rows);
        }
        l->rows[l->count++] = (struct store_pause){
            .project = keep_text(&job->keep, query_column_text(&s, 0)).data,
            .key = keep_text(&job->keep, query_column_text(&s, 1)).data,
            .by = keep_text(&job->keep, query_column_text(&s, 2)).data,
            .at_ms = query_column_int(&s, 3),
        };
    }
    return step == 0;
}

static void deliver_pauses(struct store *s, struct letter *letter)
{
    (void)s;
    struct list_pauses *l = CONTAINER_OF(letter, struct list_pauses, job.letter);
    l->fn(l->arg, l->rows, l->job.failed ? 0 : l->count, read_error(&l->job));
    keep_done(&l->job.keep);
    free(l->rows);
    free(l);
}

void store_list_pauses(struct store *s, store_pauses_fn fn, void *arg)
{
    struct list_pauses *l = mem_zero(1, sizeof *l);
    l->job.run = read_pauses;
    l->job.letter.deliver = deliver_pauses;
    l->fn = fn;
    l->arg = arg;
    store_read(s, &l->job);
}
