/* SPDX-License-Identifier: MIT */
/* store_get_run and store_get_version: one row by its name. */
#include "base/mem.h"
#include "store/sqlite/jobs.h"
#include "store/sqlite/query.h"
#include "store/sqlite/row.h"
#include <stdlib.h>
#include <string.h>

struct get_run {
    struct read_job job;
    char run[ID_BYTES];
    bool found;
    struct store_run row;
    store_run_fn fn;
    void *arg;
};

static bool read_run(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct get_run *g = CONTAINER_OF(job, struct get_run, job);
    struct query s;
    query_begin(&s, q, SQL_RUN_BY_ID);
    query_text(&s, text_of(g->run));
    int step = query_step(&s, err);
    g->found = step > 0;
    if (g->found)
        row_read(&s, SIZE_MAX, &job->keep, &g->row);
    query_end(&s);
    return step >= 0;
}

static void deliver_run(struct store *s, struct letter *letter)
{
    (void)s;
    struct get_run *g = CONTAINER_OF(letter, struct get_run, job.letter);
    bool there = g->found && !g->job.failed;
    g->fn(g->arg, there ? &g->row : NULL, read_error(&g->job));
    keep_done(&g->job.keep);
    free(g);
}

void store_get_run(struct store *s, const char *run, store_run_fn fn, void *arg)
{
    struct get_run *g = mem_zero(1, sizeof *g);
    g->job.run = read_run;
    g->job.letter.deliver = deliver_run;
    g->fn = fn;
    g->arg = arg;
    /* A longer name is no run's: cut, it is none either, as ids never fill the room. */
    strncpy(g->run, run, sizeof g->run - 1);
    store_read(s, &g->job);
}

struct get_version {
    struct read_job job;
    unsigned char hash[SHA256_BYTES];
    struct text bundle;
    store_version_fn fn;
    void *arg;
};

static bool read_version(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct get_version *g = CONTAINER_OF(job, struct get_version, job);
    struct query s;
    query_begin(&s, q, SQL_VERSION_GET);
    query_blob(&s, g->hash, SHA256_BYTES);
    int step = query_step(&s, err);
    if (step > 0)
        g->bundle = keep_text(&job->keep, query_column_text(&s, 0));
    query_end(&s);
    return step >= 0;
}

static void deliver_version(struct store *s, struct letter *letter)
{
    (void)s;
    struct get_version *g = CONTAINER_OF(letter, struct get_version, job.letter);
    g->fn(g->arg, g->job.failed ? TEXT_NONE : g->bundle, read_error(&g->job));
    keep_done(&g->job.keep);
    free(g);
}

void store_get_version(struct store *s, const unsigned char hash[SHA256_BYTES], store_version_fn fn,
                       void *arg)
{
    struct get_version *g = mem_zero(1, sizeof *g);
    g->job.run = read_version;
    g->job.letter.deliver = deliver_version;
    g->fn = fn;
    g->arg = arg;
    memcpy(g->hash, hash, SHA256_BYTES);
    store_read(s, &g->job);
}
