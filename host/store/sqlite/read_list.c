/* SPDX-License-Identifier: MIT */
/* store_list_runs: newest first, by filters.
 *
 * First the numbers of the rows, from an index that fits the filters; then the rows. There is no
 * index for "all triggers of a project": the triggers are walked one by one (one seek each) and the
 * newest of each are merged, so that a quiet project is not searched for among a million runs. */
#include "base/mem.h"
#include "store/sqlite/jobs.h"
#include "store/sqlite/query.h"
#include "store/sqlite/row.h"
#include <stdlib.h>

enum { LIST_MAX = 200 };

struct list_runs {
    struct read_job job;
    struct store_list filter;            /* texts are kept */
    int64_t before;                      /* rows below this number */
    int64_t above;                       /* older ones cannot make the page any more */
    int64_t numbers[2 * (LIST_MAX + 1)]; /* a sorted page, and room to merge another into it */
    size_t found;                        /* numbers */
    size_t want; /* one more than the limit, to know whether there are more */
    struct store_run *rows;
    size_t count;
    store_list_fn fn;
    void *arg;
};

static bool take_numbers(struct list_runs *l, struct query *s, struct error *err)
{
    int step;
    while ((step = query_step(s, err)) > 0 && l->found < ARRAY_LEN(l->numbers))
        l->numbers[l->found++] = query_column_int(s, 0);
    query_end(s);
    return step >= 0;
}

/* ---- where the numbers come from */

static bool numbers_of_all(struct list_runs *l, struct sqlite *q, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_LIST_ALL);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->want);
    return take_numbers(l, &s, err);
}

static bool numbers_of_session(struct list_runs *l, struct sqlite *q, struct error *err)
{
    const struct store_list *f = &l->filter;
    struct query s;
    query_begin(&s, q, SQL_LIST_SESSION);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->want);
    query_text(&s, f->session);
    query_text(&s, f->projects);
    query_text(&s, f->project);
    query_text(&s, f->trigger);
    query_int(&s, f->status);
    return take_numbers(l, &s, err);
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static bool numbers_of_trigger(struct list_runs *l, struct sqlite *q, struct text project,
                               struct text trigger, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_LIST_TRIGGER);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->want);
    query_text(&s, project);
    query_text(&s, trigger);
    query_int(&s, l->above);
    query_int(&s, l->filter.status);
    if (!take_numbers(l, &s, err))
        return false;
    qsort(l->numbers, l->found, sizeof *l->numbers, newest_first);
    if (l->found >= l->want) {
        l->found = l->want;
        l->above = l->numbers[l->want - 1];
    }
    return true;
}

static bool allowed(const struct store_list *f, struct text project)
{
    if (text_is(f->projects, "*"))
        return true;
    struct text rest = f->projects;
    while (rest.data) {
        struct text one = text_cut(&rest, ',');
        if (one.len && text_eq(one, project))
            return true;
    }
    return false;
}

static bool wanted(const struct store_list *f, struct text project, struct text trigger)
{
    return (!f->project.data || text_eq(f->project, project)) &&
           (!f->trigger.data || text_eq(f->trigger, trigger)) && allowed(f, project);
}

/* The pair behind *project, *trigger in the index; absent at the end. */
static bool next_trigger(struct list_runs *l, struct sqlite *q, struct text *project,
                         struct text *trigger, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_NEXT_TRIGGER);
    query_text(&s, *project);
    query_text(&s, *trigger);
    int step = query_step(&s, err);
    *project = step > 0 ? keep_text(&l->job.keep, query_column_text(&s, 0)) : TEXT_NONE;
    *trigger = step > 0 ? keep_text(&l->job.keep, query_column_text(&s, 1)) : TEXT_NONE;
    query_end(&s);
    return step >= 0;
}

static bool numbers_of_triggers(struct list_runs *l, struct sqlite *q, struct error *err)
{
    const struct store_list *f = &l->filter;
    if (f->project.data && f->trigger.data)
        return !allowed(f, f->project) || numbers_of_trigger(l, q, f->project, f->trigger, err);
    /* No trigger is named "", so this stands before all of the project. */
    struct text project = f->project.data ? f->project : TEXT("");
    struct text trigger = TEXT("");
    for (;;) {
        if (!next_trigger(l, q, &project, &trigger, err))
            return false;
        if (!project.data || (f->project.data && !text_eq(f->project, project)))
            return true;
        if (wanted(f, project, trigger) && !numbers_of_trigger(l, q, project, trigger, err))
            return false;
    }
}

static bool find_numbers(struct list_runs *l, struct sqlite *q, struct error *err)
{
    const struct store_list *f = &l->filter;
    if (f->session.data)
        return numbers_of_session(l, q, err);
    bool all = !f->project.data && !f->trigger.data && !f->status && text_is(f->projects, "*");
    return all ? numbers_of_all(l, q, err) : numbers_of_triggers(l, q, err);
}

/* ---- the job */

static bool find_before(struct list_runs *l, struct sqlite *q, struct error *err)
{
    l->before = INT64_MAX;
    if (!l->filter.before.data)
        return true;
    struct query s;
    query_begin(&s, q, SQL_RUN_BEFORE);
    query_text(&s, l->filter.before);
    int step = query_step(&s, err);
    l->before = step > 0 ? query_column_int(&s, 0) : 0; /* older than all: an empty page */
    query_end(&s);
    return step >= 0;
}

static bool read_rows(struct list_runs *l, struct sqlite *q, struct error *err)
{
    size_t count = l->found < l->want ? l->found : l->want - 1;
    l->rows = keep_alloc(&l->job.keep, count * sizeof *l->rows);
    for (size_t i = 0; i < count; i++) {
        struct query s;
        query_begin(&s, q, SQL_RUN_BY_NUMBER);
        query_int(&s, l->numbers[i]);
        int step = query_step(&s, err);
        if (step < 0)
            return false;
        if (step > 0)
            row_read(&s, STORE_LIST_TEXT, &l->job.keep, &l->rows[l->count++]);
        query_end(&s);
    }
    return true;
}

static bool read_list(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct list_runs *l = CONTAINER_OF(job, struct list_runs, job);
    return find_before(l, q, err) && find_numbers(l, q, err) && read_rows(l, q, err);
}

static void deliver_list(struct store *s, struct letter *letter)
{
    (void)s;
    struct list_runs *l = CONTAINER_OF(letter, struct list_runs, job.letter);
    bool more = l->found >= l->want;
    if (l->job.failed)
        l->fn(l->arg, NULL, 0, false, &l->job.err);
    else
        l->fn(l->arg, l->rows, l->count, more, NULL);
    keep_done(&l->job.keep);
    free(l);
}

static size_t page_size(uint32_t limit)
{
    if (limit < 1)
        return 1;
    return limit > LIST_MAX ? LIST_MAX : limit;
}

void store_list_runs(struct store *s, const struct store_list *list, store_list_fn fn, void *arg)
{
    struct list_runs *l = mem_zero(1, sizeof *l);
    l->job.run = read_list;
    l->job.letter.deliver = deliver_list;
    l->fn = fn;
    l->arg = arg;
    l->want = page_size(list->limit) + 1;
    l->filter = *list;
    struct keep *keep = &l->job.keep;
    l->filter.project = keep_text(keep, list->project);
    l->filter.trigger = keep_text(keep, list->trigger);
    l->filter.session = keep_text(keep, list->session);
    l->filter.before = keep_text(keep, list->before);
    l->filter.projects = keep_text(keep, list->projects);
    store_read(s, &l->job);
}
