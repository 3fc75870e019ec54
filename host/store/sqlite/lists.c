/* SPDX-License-Identifier: MIT */
/* store_list_runs: newest first, by filters.
 *
 * First the numbers of the rows, from an index that fits the filters; then the rows. There is no
 * index for "all triggers of a project": the triggers are walked one by one (one seek each) and the
 * newest of each are merged, so that a quiet project is not searched for among a million runs. */
#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/runs.h"
#include "store/sqlite/store.h"
#include <stdlib.h>

enum { LIST_MAX = 200 };

static const char numbers_all[] = "SELECT num FROM run WHERE num < ?1 ORDER BY num DESC LIMIT ?2";
static const char numbers_session[] =
    "SELECT num FROM run WHERE session = ?3 AND num < ?1"
    " AND (?4 = '*' OR instr(',' || ?4 || ',', ',' || project || ',') > 0)"
    " AND (?5 IS NULL OR project = ?5) AND (?6 IS NULL OR trigger = ?6)"
    " AND (?7 = 0 OR status = ?7) ORDER BY num DESC LIMIT ?2";
static const char numbers_trigger[] =
    "SELECT num FROM run INDEXED BY run_trigger"
    " WHERE project = ?3 AND trigger = ?4 AND num < ?1 AND num > ?5"
    " AND (?6 = 0 OR status = ?6) ORDER BY num DESC LIMIT ?2";
static const char next_pair[] = "SELECT project, trigger FROM run INDEXED BY run_trigger"
                                " WHERE (project, trigger) > (?1, ?2)"
                                " ORDER BY project, trigger LIMIT 1";
/* The number that lists end before; also right when the run that is named is gone. */
static const char number_before[] =
    "SELECT num + (run < ?1) FROM run WHERE run <= ?1 ORDER BY run DESC LIMIT 1";

struct run_list {
    struct read read;
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

static bool read_numbers(struct run_list *l, struct query *s, struct error *err)
{
    int step;
    while ((step = query_step(s, err)) > 0 && l->found < ARRAY_LEN(l->numbers))
        l->numbers[l->found++] = query_column_int(s, 0);
    query_end(s);
    return step >= 0;
}

/* ---- where the numbers come from */

static bool numbers_of_all(struct run_list *l, struct connection *q, struct error *err)
{
    struct query s;
    query_begin(&s, q, numbers_all);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->want);
    return read_numbers(l, &s, err);
}

static bool numbers_of_session(struct run_list *l, struct connection *q, struct error *err)
{
    const struct store_list *f = &l->filter;
    struct query s;
    query_begin(&s, q, numbers_session);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->want);
    query_text(&s, f->session);
    query_text(&s, f->projects);
    query_text(&s, f->project);
    query_text(&s, f->trigger);
    query_int(&s, f->status);
    return read_numbers(l, &s, err);
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static bool numbers_of_trigger(struct run_list *l, struct connection *q, struct text project,
                               struct text trigger, struct error *err)
{
    struct query s;
    query_begin(&s, q, numbers_trigger);
    query_int(&s, l->before);
    query_int(&s, (int64_t)l->want);
    query_text(&s, project);
    query_text(&s, trigger);
    query_int(&s, l->above);
    query_int(&s, l->filter.status);
    if (!read_numbers(l, &s, err))
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
static bool next_trigger(struct run_list *l, struct connection *q, struct text *project,
                         struct text *trigger, struct error *err)
{
    struct query s;
    query_begin(&s, q, next_pair);
    query_text(&s, *project);
    query_text(&s, *trigger);
    int step = query_step(&s, err);
    *project = step > 0 ? keep_text(&l->read.keep, query_column_text(&s, 0)) : TEXT_NONE;
    *trigger = step > 0 ? keep_text(&l->read.keep, query_column_text(&s, 1)) : TEXT_NONE;
    query_end(&s);
    return step >= 0;
}

static bool numbers_of_triggers(struct run_list *l, struct connection *q, struct error *err)
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

static bool find_numbers(struct run_list *l, struct connection *q, struct error *err)
{
    const struct store_list *f = &l->filter;
    if (f->session.data)
        return numbers_of_session(l, q, err);
    bool all = !f->project.data && !f->trigger.data && !f->status && text_is(f->projects, "*");
    return all ? numbers_of_all(l, q, err) : numbers_of_triggers(l, q, err);
}

/* ---- the read */

static bool find_before(struct run_list *l, struct connection *q, struct error *err)
{
    l->before = INT64_MAX;
    if (!l->filter.before.data)
        return true;
    struct query s;
    query_begin(&s, q, number_before);
    query_text(&s, l->filter.before);
    int step = query_step(&s, err);
    l->before = step > 0 ? query_column_int(&s, 0) : 0; /* older than all: an empty page */
    query_end(&s);
    return step >= 0;
}

static bool read_rows(struct run_list *l, struct connection *q, struct error *err)
{
    size_t count = l->found < l->want ? l->found : l->want - 1;
    l->rows = keep_alloc(&l->read.keep, count * sizeof *l->rows);
    for (size_t i = 0; i < count; i++) {
        struct query s;
        query_begin(&s, q, runs_by_number);
        query_int(&s, l->numbers[i]);
        int step = query_step(&s, err);
        if (step < 0)
            return false;
        if (step > 0)
            runs_read_row(&s, STORE_LIST_TEXT, &l->read.keep, &l->rows[l->count++]);
        query_end(&s);
    }
    return true;
}

static bool read_list(struct read *r, struct connection *q, struct error *err)
{
    struct run_list *l = CONTAINER_OF(r, struct run_list, read);
    return find_before(l, q, err) && find_numbers(l, q, err) && read_rows(l, q, err);
}

static void answer_list(struct read *r)
{
    struct run_list *l = CONTAINER_OF(r, struct run_list, read);
    if (r->failed)
        l->fn(l->arg, NULL, 0, false, &r->err);
    else
        l->fn(l->arg, l->rows, l->count, l->found >= l->want, NULL);
}

static size_t page_size(uint32_t limit)
{
    if (limit < 1)
        return 1;
    return limit > LIST_MAX ? LIST_MAX : limit;
}

void sqlite_list_runs(struct store *s, const struct store_list *list, store_list_fn fn, void *arg)
{
    struct run_list *l = mem_zero(1, sizeof *l);
    struct keep *keep = &l->read.keep;
    l->read.run = read_list;
    l->read.answer = answer_list;
    l->fn = fn;
    l->arg = arg;
    l->want = page_size(list->limit) + 1;
    l->filter = *list;
    l->filter.project = keep_text(keep, list->project);
    l->filter.trigger = keep_text(keep, list->trigger);
    l->filter.session = keep_text(keep, list->session);
    l->filter.before = keep_text(keep, list->before);
    l->filter.projects = keep_text(keep, list->projects);
    read_start(s, &l->read);
}
