/* SPDX-License-Identifier: MIT */
/* The table of triggers that an operator has paused. */
#include "base/mem.h"
#include "store/sqlite/store.h"
#include "store/sqlite/whole_table.h"

/* Who paused it first did. */
static const char pause_insert[] =
    "INSERT INTO pause(project, trigger, by, at_ms) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
static const char pause_delete[] = "DELETE FROM pause WHERE project = ?1 AND trigger = ?2";
static const char pause_rows[] = "SELECT project, trigger, by, at_ms FROM pause";

struct pause_write {
    struct write write;
    struct store_pause pause; /* texts in `write.keep` */
};

static bool insert_pause(struct write *w, struct connection *q, struct error *err)
{
    const struct store_pause *p = &CONTAINER_OF(w, struct pause_write, write)->pause;
    struct query s;
    query_begin(&s, q, pause_insert);
    query_text(&s, text_of(p->project));
    query_text(&s, text_of(p->key));
    query_text(&s, text_of(p->by));
    query_int(&s, p->at_ms);
    return query_do(&s, err);
}

static bool delete_pause(struct write *w, struct connection *q, struct error *err)
{
    const struct store_pause *p = &CONTAINER_OF(w, struct pause_write, write)->pause;
    struct query s;
    query_begin(&s, q, pause_delete);
    query_text(&s, text_of(p->project));
    query_text(&s, text_of(p->key));
    return query_do(&s, err);
}

void sqlite_pause(struct store *s, const struct store_pause *p, bool paused,
                  const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct pause_write *w = mem_zero(1, sizeof *w);
    struct keep *k = &w->write.keep;
    w->write.apply = paused ? insert_pause : delete_pause;
    w->pause = (struct store_pause){
        .project = keep_text(k, text_of(p->project)).data,
        .key = keep_text(k, text_of(p->key)).data,
        .by = keep_text(k, text_of(p->by)).data,
        .at_ms = p->at_ms,
    };
    write_start(s, &w->write, audit, done, arg);
}

struct pause_list {
    struct whole_table table;
    store_pauses_fn fn;
    void *arg;
};

static void read_pause(const struct query *s, struct keep *keep, void *row)
{
    *(struct store_pause *)row = (struct store_pause){
        .project = keep_text(keep, query_column_text(s, 0)).data,
        .key = keep_text(keep, query_column_text(s, 1)).data,
        .by = keep_text(keep, query_column_text(s, 2)).data,
        .at_ms = query_column_int(s, 3),
    };
}

static void answer_pauses(struct whole_table *t)
{
    struct pause_list *l = CONTAINER_OF(t, struct pause_list, table);
    l->fn(l->arg, t->rows, t->count, read_error(&t->read));
}

void sqlite_list_pauses(struct store *s, store_pauses_fn fn, void *arg)
{
    struct pause_list *l = mem_zero(1, sizeof *l);
    l->table.sql = pause_rows;
    l->table.row_bytes = sizeof(struct store_pause);
    l->table.read_row = read_pause;
    l->table.answer = answer_pauses;
    l->fn = fn;
    l->arg = arg;
    whole_table_start(s, &l->table);
}
