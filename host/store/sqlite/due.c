/* SPDX-License-Identifier: MIT */
/* store_due: the runs that must go on, oldest first.
 *
 * Two ways to the same answer. A few sleepers due among a million: run_wake from its beginning, and
 * sort. Many due (a host that was down for long), or the unfinished ones too: run_open from `after`
 * on in order, so that all pages together read it once. */
#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"

enum { DUE_FEW = 4096, DUE_MAX = 65536 };

static const char due_count[] = "SELECT count(*) FROM (SELECT 1 FROM run INDEXED BY run_wake"
                                " WHERE wake_ms > 0 AND wake_ms <= ?1 UNION ALL SELECT 1 FROM inbox"
                                " LIMIT ?2)";
static const char due_few[] = "SELECT run FROM run WHERE num IN"
                              " (SELECT num FROM run INDEXED BY run_wake"
                              " WHERE wake_ms > 0 AND wake_ms <= ?1 UNION SELECT num FROM inbox)"
                              " AND num > ?2 ORDER BY num LIMIT ?3";
static const char due_walk[] =
    "SELECT run FROM run INDEXED BY run_open WHERE status <= 3 AND num > ?2"
    " AND ((?4 AND status < 3) OR (wake_ms > 0 AND wake_ms <= ?1)"
    " OR (EXISTS (SELECT 1 FROM inbox) AND" /* asked once a walk */
    " EXISTS (SELECT 1 FROM inbox WHERE inbox.num = run.num)))"
    " ORDER BY num LIMIT ?3";
static const char due_next[] = "SELECT wake_ms FROM run INDEXED BY run_wake"
                               " WHERE wake_ms > 0 AND wake_ms > ?1 ORDER BY wake_ms LIMIT 1";
static const char number_not_after[] =
    "SELECT num FROM run WHERE run <= ?1 ORDER BY run DESC LIMIT 1";

struct due_read {
    struct read read;
    int64_t now_ms;
    bool unfinished;
    char after[ID_BYTES]; /* empty: from the start */
    uint32_t limit;
    int64_t after_num;
    char (*runs)[ID_BYTES];
    size_t count;
    int64_t next_wake_ms;
    store_due_fn fn;
    void *arg;
};

static bool find_after(struct due_read *d, struct connection *q, struct error *err)
{
    if (!d->after[0])
        return true;
    /* Numbers below this come before `after` or are it: also right when that run is gone. */
    struct query s;
    query_begin(&s, q, number_not_after);
    query_text(&s, text_of(d->after));
    return query_ask_int(&s, &d->after_num, err);
}

static bool are_few(struct due_read *d, struct connection *q, bool *few, struct error *err)
{
    int64_t count = 0;
    struct query s;
    query_begin(&s, q, due_count);
    query_int(&s, d->now_ms);
    query_int(&s, DUE_FEW);
    if (!query_ask_int(&s, &count, err))
        return false;
    *few = count < DUE_FEW;
    return true;
}

static bool read_runs(struct due_read *d, struct connection *q, bool few, struct error *err)
{
    struct query s;
    query_begin(&s, q, few ? due_few : due_walk);
    query_int(&s, d->now_ms);
    query_int(&s, d->after_num);
    query_int(&s, d->limit);
    if (!few)
        query_int(&s, d->unfinished);
    int step;
    while ((step = query_step(&s, err)) > 0 && d->count < d->limit)
        query_column_copy(&s, 0, d->runs[d->count++], ID_BYTES);
    query_end(&s);
    return step >= 0;
}

static bool read_due(struct read *r, struct connection *q, struct error *err)
{
    struct due_read *d = CONTAINER_OF(r, struct due_read, read);
    bool few = false;
    if (!find_after(d, q, err) || (!d->unfinished && !are_few(d, q, &few, err)) ||
        !read_runs(d, q, few, err))
        return false;
    struct query s;
    query_begin(&s, q, due_next);
    query_int(&s, d->now_ms);
    return query_ask_int(&s, &d->next_wake_ms, err);
}

static void answer_due(struct read *r)
{
    struct due_read *d = CONTAINER_OF(r, struct due_read, read);
    if (r->failed)
        d->fn(d->arg, NULL, 0, 0, &r->err);
    else
        d->fn(d->arg, (const char(*)[ID_BYTES])d->runs, d->count, d->next_wake_ms, NULL);
}

void sqlite_due(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
                store_due_fn fn, void *arg)
{
    struct due_read *d = mem_zero(1, sizeof *d);
    d->read.run = read_due;
    d->read.answer = answer_due;
    d->now_ms = now_ms;
    d->unfinished = unfinished;
    d->limit = limit > DUE_MAX ? DUE_MAX : limit;
    d->runs = keep_alloc(&d->read.keep, (size_t)d->limit * ID_BYTES);
    d->fn = fn;
    d->arg = arg;
    for (size_t i = 0; after.data && i < after.len && i < sizeof d->after - 1; i++)
        d->after[i] = after.data[i];
    read_start(s, &d->read);
}
