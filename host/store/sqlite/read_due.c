/* SPDX-License-Identifier: MIT */
/* store_due: the runs that must go on, oldest first.
 *
 * Two ways to the same answer. A few sleepers due among a million: run_wake from its beginning, and
 * sort. Many due (a host that was down for long), or the unfinished ones too: run_open from `after`
 * on in order, so that all pages together read it once. */
#include "base/mem.h"
#include "store/sqlite/jobs.h"
#include "store/sqlite/query.h"
#include <stdlib.h>

enum { DUE_FEW = 4096, DUE_MAX = 65536 };

struct read_due {
    struct read_job job;
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

/* The integer in the first row; *out stays as it is when there is none. */
static bool ask(struct query *s, int64_t *out, struct error *err)
{
    int step = query_step(s, err);
    if (step > 0)
        *out = query_column_int(s, 0);
    query_end(s);
    return step >= 0;
}

static bool find_after(struct read_due *d, struct sqlite *q, struct error *err)
{
    if (!d->after[0])
        return true;
    /* Numbers below this come before `after` or are it: also right when that run is gone. */
    struct query s;
    query_begin(&s, q, SQL_RUN_NOT_AFTER);
    query_text(&s, text_of(d->after));
    return ask(&s, &d->after_num, err);
}

static bool are_few(struct read_due *d, struct sqlite *q, bool *few, struct error *err)
{
    int64_t count = 0;
    struct query s;
    query_begin(&s, q, SQL_DUE_COUNT);
    query_int(&s, d->now_ms);
    query_int(&s, DUE_FEW);
    if (!ask(&s, &count, err))
        return false;
    *few = count < DUE_FEW;
    return true;
}

static bool read_runs(struct read_due *d, struct sqlite *q, bool few, struct error *err)
{
    struct query s;
    query_begin(&s, q, few ? SQL_DUE_FEW : SQL_DUE_WALK);
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

static bool read_all(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct read_due *d = CONTAINER_OF(job, struct read_due, job);
    bool few = false;
    if (!find_after(d, q, err) || (!d->unfinished && !are_few(d, q, &few, err)) ||
        !read_runs(d, q, few, err))
        return false;
    struct query s;
    query_begin(&s, q, SQL_DUE_NEXT);
    query_int(&s, d->now_ms);
    return ask(&s, &d->next_wake_ms, err);
}

static void deliver_due(struct store *s, struct letter *letter)
{
    (void)s;
    struct read_due *d = CONTAINER_OF(letter, struct read_due, job.letter);
    if (d->job.failed)
        d->fn(d->arg, NULL, 0, 0, &d->job.err);
    else
        d->fn(d->arg, (const char(*)[ID_BYTES])d->runs, d->count, d->next_wake_ms, NULL);
    keep_done(&d->job.keep);
    free(d);
}

void store_due(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
               store_due_fn fn, void *arg)
{
    struct read_due *d = mem_zero(1, sizeof *d);
    d->job.run = read_all;
    d->job.letter.deliver = deliver_due;
    d->now_ms = now_ms;
    d->unfinished = unfinished;
    d->limit = limit > DUE_MAX ? DUE_MAX : limit;
    d->runs = keep_alloc(&d->job.keep, (size_t)d->limit * ID_BYTES);
    d->fn = fn;
    d->arg = arg;
    for (size_t i = 0; after.data && i < after.len && i < sizeof d->after - 1; i++)
        d->after[i] = after.data[i];
    store_read(s, &d->job);
}
