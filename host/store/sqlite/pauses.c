/* SPDX-License-Identifier: MIT */
/* Triggers that an operator has paused: changed by the writer thread, listed by the reader
 * thread. */
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/query.h"
#include <stdlib.h>

enum { PAUSES_ROOM = 16 };

struct change_pause {
    struct change change;
    struct store_pause pause; /* texts in `change.keep` */
};

static bool put(struct change *change, struct sqlite *q, struct error *err)
{
    const struct change_pause *c = CONTAINER_OF(change, struct change_pause, change);
    struct query s;
    query_begin(&s, q, SQL_PAUSE_PUT);
    query_text(&s, text_of(c->pause.project));
    query_text(&s, text_of(c->pause.key));
    query_text(&s, text_of(c->pause.by));
    query_int(&s, c->pause.at_ms);
    return query_do(&s, err);
}

static bool take_away(struct change *change, struct sqlite *q, struct error *err)
{
    const struct change_pause *c = CONTAINER_OF(change, struct change_pause, change);
    struct query s;
    query_begin(&s, q, SQL_PAUSE_REMOVE);
    query_text(&s, text_of(c->pause.project));
    query_text(&s, text_of(c->pause.key));
    return query_do(&s, err);
}

void store_pause(struct store *s, const struct store_pause *p, bool paused,
                 const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_pause *c = mem_zero(1, sizeof *c);
    struct keep *k = &c->change.keep;
    c->change.apply = paused ? put : take_away;
    c->pause = (struct store_pause){
        .project = keep_text(k, text_of(p->project)).data,
        .key = keep_text(k, text_of(p->key)).data,
        .by = keep_text(k, text_of(p->by)).data,
        .at_ms = p->at_ms,
    };
    change_start(s, &c->change, audit, done, arg);
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
