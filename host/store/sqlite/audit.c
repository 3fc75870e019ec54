/* SPDX-License-Identifier: MIT */
#include "store/sqlite/audit.h"

#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"

enum { PAGE_MAX = 200 };

static const char audit_insert[] =
    "INSERT INTO audit(at_ms, actor, action, target, detail, request)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
static const char audit_page[] =
    "SELECT num, at_ms, actor, action, target, detail, request FROM audit"
    " WHERE num < ?1 ORDER BY num DESC LIMIT ?2";

bool audit_put(struct connection *q, const struct store_audit *a, struct error *err)
{
    struct query s;
    if (!a->actor.data)
        return true;
    query_begin(&s, q, audit_insert);
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

void sqlite_audit(struct store *s, const struct store_audit *a, store_written_fn done, void *arg)
{
    write_start(s, mem_zero(1, sizeof(struct write)), a, done, arg);
}

/* ---- the list */

struct audit_list {
    struct read read;
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

static bool read_page(struct read *r, struct connection *q, struct error *err)
{
    struct audit_list *l = CONTAINER_OF(r, struct audit_list, read);
    struct query s;
    int step;
    l->rows = keep_alloc(&r->keep, l->limit * sizeof *l->rows);
    query_begin(&s, q, audit_page);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->limit + 1);
    while ((step = query_step(&s, err)) > 0) {
        if (l->count < l->limit)
            read_row(&s, &r->keep, &l->rows[l->count++]);
        else
            l->more = true;
    }
    return step == 0;
}

static void answer_page(struct read *r)
{
    struct audit_list *l = CONTAINER_OF(r, struct audit_list, read);
    size_t count = r->failed ? 0 : l->count;
    l->fn(l->arg, l->rows, count, count && l->more, read_error(r));
}

void sqlite_list_audit(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                       void *arg)
{
    struct audit_list *l = mem_zero(1, sizeof *l);
    l->read.run = read_page;
    l->read.answer = answer_page;
    l->before = before;
    l->limit = limit < 1 ? 1 : limit > PAGE_MAX ? PAGE_MAX : limit;
    l->fn = fn;
    l->arg = arg;
    read_start(s, &l->read);
}
