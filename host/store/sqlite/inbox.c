/* SPDX-License-Identifier: MIT */
#include "store/sqlite/inbox.h"

#include "base/mem.h"
#include "store/sqlite/jobs.h"
#include "store/sqlite/query.h"
#include <stdlib.h>
#include <string.h>

/* ---- the writer's part */

/* Says in o->outcome whether the run is there and has not ended. */
static bool find_run(struct sqlite *q, struct store_order *o, int64_t *num, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_JOURNAL_HEAD);
    query_text(&s, text_of(o->inbox->run));
    int step = query_step(&s, err);
    enum store_status status = step > 0 ? (enum store_status)query_column_int(&s, 2) : 0;
    *num = step > 0 ? query_column_int(&s, 0) : 0;
    query_end(&s);
    bool ended = store_status_final(status);
    o->outcome = step <= 0 ? STORE_NO_RUN : ended ? STORE_ENDED : STORE_DONE;
    o->ended = ended ? status : 0;
    return step >= 0;
}

static bool count_rows(struct sqlite *q, int64_t num, int64_t *count, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_INBOX_COUNT);
    query_int(&s, num);
    query_int(&s, STORE_INBOX_MAX);
    int step = query_step(&s, err);
    *count = step > 0 ? query_column_int(&s, 0) : 0;
    query_end(&s);
    return step >= 0;
}

static bool insert_row(struct sqlite *q, struct store_order *o, int64_t num, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_INBOX_PUT);
    query_int(&s, num);
    query_text(&s, o->inbox->kind);
    query_text(&s, o->inbox->data);
    query_int(&s, o->inbox->at_ms);
    if (!query_do(&s, err))
        return false;
    o->inbox_id = sqlite3_last_insert_rowid(q->db);
    return true;
}

bool inbox_apply(struct sqlite *q, struct store_order *o, struct error *err)
{
    int64_t num = 0, count = 0;
    if (!find_run(q, o, &num, err))
        return false;
    if (o->outcome != STORE_DONE)
        return true;
    if (!count_rows(q, num, &count, err))
        return false;
    if (count < STORE_INBOX_MAX)
        return insert_row(q, o, num, err);
    o->outcome = STORE_FULL;
    return true;
}

bool inbox_take(struct sqlite *q, int64_t num, int64_t last, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_INBOX_TAKE);
    query_int(&s, num);
    query_int(&s, last);
    return query_do(&s, err);
}

/* ---- putting, from the loop */

struct put_inbox {
    struct store_order order;
    struct store_inbox row; /* texts in `keep` */
    struct keep keep;
    store_inbox_put_fn fn;
    void *arg;
};

static void on_put(struct store_order *o)
{
    struct put_inbox *p = CONTAINER_OF(o, struct put_inbox, order);
    bool failed = o->outcome == STORE_BROKEN || o->outcome == STORE_WRONG;
    if (p->fn)
        p->fn(p->arg, failed ? STORE_BROKEN : o->outcome, o->inbox_id, o->ended,
              failed ? &o->err : NULL);
    keep_done(&p->keep);
    free(p);
}

void store_inbox_put(struct store *s, const struct store_inbox *row, store_inbox_put_fn fn,
                     void *arg)
{
    struct put_inbox *p = mem_zero(1, sizeof *p);
    p->row = (struct store_inbox){
        .run = keep_text(&p->keep, text_of(row->run)).data,
        .kind = keep_text(&p->keep, row->kind),
        .data = keep_text(&p->keep, row->data),
        .at_ms = row->at_ms,
    };
    p->order.inbox = &p->row;
    p->order.done = on_put;
    p->fn = fn;
    p->arg = arg;
    strncpy(p->order.run, row->run, sizeof p->order.run - 1);
    store_write(s, &p->order);
}

/* ---- reading */

enum { ROWS_ROOM = 16 };

struct read_inbox {
    struct read_job job;
    char run[ID_BYTES];
    struct store_inbox *rows;
    size_t count, room;
    store_inbox_fn fn;
    void *arg;
};

static void add_row(struct read_inbox *r, const struct query *s)
{
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : ROWS_ROOM;
        r->rows = mem_grow(r->rows, r->room * sizeof *r->rows);
    }
    r->rows[r->count++] = (struct store_inbox){
        .id = query_column_int(s, 0),
        .run = r->run,
        .kind = keep_text(&r->job.keep, query_column_text(s, 1)),
        .data = keep_text(&r->job.keep, query_column_text(s, 2)),
        .at_ms = query_column_int(s, 3),
    };
}

static bool read_rows(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct read_inbox *r = CONTAINER_OF(job, struct read_inbox, job);
    struct query s;
    size_t bytes = 0;
    int step;
    query_begin(&s, q, SQL_INBOX_READ);
    query_text(&s, text_of(r->run));
    while ((step = query_step(&s, err)) > 0) {
        bytes += query_column_text(&s, 2).len;
        if (bytes > STORE_INBOX_BYTES && r->count > 0)
            break;
        add_row(r, &s);
    }
    query_end(&s);
    return step >= 0;
}

static void deliver_rows(struct store *s, struct letter *letter)
{
    (void)s;
    struct read_inbox *r = CONTAINER_OF(letter, struct read_inbox, job.letter);
    r->fn(r->arg, r->rows, r->job.failed ? 0 : r->count, read_error(&r->job));
    keep_done(&r->job.keep);
    free(r->rows);
    free(r);
}

void store_read_inbox(struct store *s, const char *run, store_inbox_fn fn, void *arg)
{
    struct read_inbox *r = mem_zero(1, sizeof *r);
    r->job.run = read_rows;
    r->job.letter.deliver = deliver_rows;
    r->fn = fn;
    r->arg = arg;
    strncpy(r->run, run, sizeof r->run - 1);
    store_read(s, &r->job);
}
