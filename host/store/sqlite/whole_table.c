/* SPDX-License-Identifier: MIT */
#include "store/sqlite/whole_table.h"

static bool read_rows(struct read *r, struct connection *q, struct error *err)
{
    struct whole_table *t = CONTAINER_OF(r, struct whole_table, read);
    struct query s;
    int step;
    query_begin(&s, q, t->sql);
    while ((step = query_step(&s, err)) > 0) {
        t->rows = keep_more(&r->keep, t->rows, t->count, &t->room, t->row_bytes);
        t->read_row(&s, &r->keep, (char *)t->rows + t->count++ * t->row_bytes);
    }
    return step == 0;
}

static void answer_rows(struct read *r)
{
    struct whole_table *t = CONTAINER_OF(r, struct whole_table, read);
    if (r->failed) {
        t->rows = NULL;
        t->count = 0;
    }
    t->answer(t);
}

void whole_table_start(struct store *s, struct whole_table *t)
{
    t->read.run = read_rows;
    t->read.answer = answer_rows;
    read_start(s, &t->read);
}
