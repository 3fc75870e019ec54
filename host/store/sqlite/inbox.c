/* SPDX-License-Identifier: MIT */
#include "store/sqlite/inbox.h"

#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"
#include <string.h>

static const char inbox_run[] = "SELECT num, status FROM run WHERE run = ?1";
static const char inbox_insert[] =
    "INSERT INTO inbox(num, kind, data, at_ms) VALUES(?1, ?2, ?3, ?4)";
static const char inbox_count[] =
    "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE num = ?1 LIMIT ?2)";
static const char inbox_delete[] = "DELETE FROM inbox WHERE num = ?1 AND id <= ?2";
static const char inbox_rows[] = "SELECT id, kind, data, at_ms FROM inbox"
                                 " WHERE num = (SELECT num FROM run WHERE run = ?1) AND id > ?2"
                                 " ORDER BY id";

/* ---- putting and taking, in the writer's transaction */

/* Says in o->outcome whether the run is there and has not ended. */
static bool find_run(struct connection *q, struct store_order *o, int64_t *num, struct error *err)
{
    struct query s;
    query_begin(&s, q, inbox_run);
    query_text(&s, text_of(o->inbox->run));
    int step = query_step(&s, err);
    enum store_status status = step > 0 ? (enum store_status)query_column_int(&s, 1) : 0;
    *num = step > 0 ? query_column_int(&s, 0) : 0;
    query_end(&s);
    bool ended = store_status_final(status);
    o->outcome = step <= 0 ? STORE_NO_RUN : ended ? STORE_ENDED : STORE_DONE;
    o->ended = ended ? status : 0;
    return step >= 0;
}

static bool insert_row(struct connection *q, struct store_order *o, int64_t num, struct error *err)
{
    struct query s;
    query_begin(&s, q, inbox_insert);
    query_int(&s, num);
    query_text(&s, o->inbox->kind);
    query_text(&s, o->inbox->data);
    query_int(&s, o->inbox->at_ms);
    if (!query_do(&s, err))
        return false;
    o->inbox_id = sqlite3_last_insert_rowid(q->db);
    return true;
}

bool inbox_rows_put(struct connection *q, struct store_order *o, struct error *err)
{
    int64_t num = 0, count = 0;
    struct query s;
    if (!find_run(q, o, &num, err))
        return false;
    if (o->outcome != STORE_DONE)
        return true;
    query_begin(&s, q, inbox_count);
    query_int(&s, num);
    query_int(&s, STORE_INBOX_MAX);
    if (!query_ask_int(&s, &count, err))
        return false;
    if (count < STORE_INBOX_MAX)
        return insert_row(q, o, num, err);
    o->outcome = STORE_FULL;
    return true;
}

bool inbox_rows_take(struct connection *q, int64_t num, int64_t last, struct error *err)
{
    struct query s;
    query_begin(&s, q, inbox_delete);
    query_int(&s, num);
    query_int(&s, last);
    return query_do(&s, err);
}

/* ---- reading */

struct inbox_read {
    struct read read;
    char run[ID_BYTES];
    int64_t after;
    struct store_inbox *rows; /* in `read.keep` */
    size_t count, room;
    store_inbox_fn fn;
    void *arg;
};

static void add_row(struct inbox_read *i, const struct query *s)
{
    struct keep *k = &i->read.keep;
    i->rows = keep_more(k, i->rows, i->count, &i->room, sizeof *i->rows);
    i->rows[i->count++] = (struct store_inbox){
        .id = query_column_int(s, 0),
        .run = i->run,
        .kind = keep_text(k, query_column_text(s, 1)),
        .data = keep_text(k, query_column_text(s, 2)),
        .at_ms = query_column_int(s, 3),
    };
}

static bool read_rows(struct read *r, struct connection *q, struct error *err)
{
    struct inbox_read *i = CONTAINER_OF(r, struct inbox_read, read);
    struct query s;
    size_t bytes = 0;
    int step;
    query_begin(&s, q, inbox_rows);
    query_text(&s, text_of(i->run));
    query_int(&s, i->after);
    while ((step = query_step(&s, err)) > 0) {
        bytes += query_column_text(&s, 2).len;
        if (bytes > STORE_INBOX_BYTES && i->count > 0)
            break;
        add_row(i, &s);
    }
    query_end(&s);
    return step >= 0;
}

static void answer_rows(struct read *r)
{
    struct inbox_read *i = CONTAINER_OF(r, struct inbox_read, read);
    i->fn(i->arg, i->rows, r->failed ? 0 : i->count, read_error(r));
}

void sqlite_read_inbox(struct store *s, const char *run, int64_t after, store_inbox_fn fn,
                       void *arg)
{
    struct inbox_read *i = mem_zero(1, sizeof *i);
    i->read.run = read_rows;
    i->read.answer = answer_rows;
    i->after = after;
    i->fn = fn;
    i->arg = arg;
    strncpy(i->run, run, sizeof i->run - 1);
    read_start(s, &i->read);
}
