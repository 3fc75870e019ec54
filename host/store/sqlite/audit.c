/* SPDX-License-Identifier: MIT */
#include "store/sqlite/audit.h"

#include "base/json.h"
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/query.h"
#include <stdlib.h>

enum { DETAIL_MAX = 4096, PAGE_MAX = 200 };

bool audit_put(struct sqlite *q, const struct store_audit *a, struct error *err)
{
    struct query s;
    if (!a->actor.data)
        return true;
    query_begin(&s, q, SQL_AUDIT_PUT);
    query_int(&s, a->at_ms);
    query_text(&s, a->actor);
    query_text(&s, a->action);
    query_text(&s, a->target);
    query_text(&s, a->detail);
    query_text(&s, a->request);
    return query_do(&s, err) || error_context(err, "the audit row");
}

struct store_audit audit_copy(struct keep *k, const struct store_audit *a)
{
    if (!a)
        return (struct store_audit){0};
    return (struct store_audit){
        .at_ms = a->at_ms,
        .actor = keep_text(k, a->actor),
        .action = keep_text(k, a->action),
        .target = keep_text(k, a->target),
        .detail = keep_text(k, a->detail),
        .request = keep_text(k, a->request),
    };
}

bool audit_put_key(struct sqlite *q, const char *actor, const char *action, const char *id,
                   const char *name, int64_t now_ms, struct error *err)
{
    struct buf detail;
    buf_init(&detail, DETAIL_MAX);
    if (name) {
        buf_str(&detail, "{\"name\":");
        json_put_cstr(&detail, name);
        buf_char(&detail, '}');
    }
    struct store_audit a = {
        .at_ms = now_ms,
        .actor = text_of(actor),
        .action = text_of(action),
        .target = text_of(id),
        .detail = name ? buf_view(&detail) : TEXT_NONE,
    };
    bool ok = audit_put(q, &a, err);
    buf_done(&detail);
    return ok;
}

/* ---- a row by itself */

void store_audit(struct store *s, const struct store_audit *a, store_written_fn done, void *arg)
{
    change_start(s, mem_zero(1, sizeof(struct change)), a, done, arg);
}

/* ---- the list */

struct list_audit {
    struct read_job job;
    int64_t before;
    uint32_t limit;
    struct store_audit_row *rows;
    size_t count;
    bool more;
    store_audits_fn fn;
    void *arg;
};

static void read_row(const struct query *s, struct keep *k, struct store_audit_row *row)
{
    const struct store_audit borrowed = {
        .at_ms = query_column_int(s, 1),
        .actor = query_column_text(s, 2),
        .action = query_column_text(s, 3),
        .target = query_column_text(s, 4),
        .detail = query_column_text(s, 5),
        .request = query_column_text(s, 6),
    };
    *row = (struct store_audit_row){query_column_int(s, 0), audit_copy(k, &borrowed)};
}

static bool read_audit(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct list_audit *l = CONTAINER_OF(job, struct list_audit, job);
    struct query s;
    int step;
    l->rows = keep_alloc(&job->keep, l->limit * sizeof *l->rows);
    query_begin(&s, q, SQL_AUDIT_LIST);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->limit + 1);
    while ((step = query_step(&s, err)) > 0) {
        if (l->count < l->limit)
            read_row(&s, &job->keep, &l->rows[l->count++]);
        else
            l->more = true;
    }
    return step == 0;
}

static void deliver_audit(struct store *s, struct letter *letter)
{
    (void)s;
    struct list_audit *l = CONTAINER_OF(letter, struct list_audit, job.letter);
    size_t count = l->job.failed ? 0 : l->count;
    l->fn(l->arg, l->rows, count, count && l->more, read_error(&l->job));
    keep_done(&l->job.keep);
    free(l);
}

void store_list_audit(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                      void *arg)
{
    struct list_audit *l = mem_zero(1, sizeof *l);
    l->job.run = read_audit;
    l->job.letter.deliver = deliver_audit;
    l->before = before;
    l->limit = limit < 1 ? 1 : limit > PAGE_MAX ? PAGE_MAX : limit;
    l->fn = fn;
    l->arg = arg;
    store_read(s, &l->job);
}
