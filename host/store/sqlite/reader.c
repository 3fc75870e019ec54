/* SPDX-License-Identifier: MIT */
#include "store/sqlite/reader.h"

#include "base/mem.h"
#include "store/sqlite/database.h"
#include "store/sqlite/query.h"
#include "store/sqlite/thread.h"
#include <stdlib.h>

struct reader {
    struct store *store;
    void (*post)(struct store *s, struct letter *letter);
    struct sqlite q;
    struct thread thread; /* guards what follows */
    struct list jobs;
};

static bool say(struct reader *r, enum sql_statement which, struct error *err)
{
    struct query s;
    query_begin(&s, &r->q, which);
    return query_do(&s, err);
}

static void answer(struct reader *r, struct read_job *job)
{
    job->failed = !(say(r, SQL_BEGIN_READ, &job->err) && job->run(job, &r->q, &job->err) &&
                    say(r, SQL_COMMIT, &job->err));
    if (job->failed)
        sqlite_rollback(&r->q);
    r->post(r->store, &job->letter);
}

static void reader_run(void *arg)
{
    struct reader *r = arg;
    thread_lock(&r->thread);
    for (;;) {
        struct list *node = list_pop(&r->jobs);
        if (!node) {
            if (!thread_wait(&r->thread))
                break;
            continue;
        }
        thread_unlock(&r->thread);
        answer(r, LIST_ENTRY(node, struct read_job, letter.link));
        thread_lock(&r->thread);
    }
    thread_unlock(&r->thread);
}

struct reader *reader_new(const char *data, struct store *s,
                          void (*post)(struct store *s, struct letter *letter), struct error *err)
{
    struct reader *r = mem_zero(1, sizeof *r);
    r->store = s;
    r->post = post;
    list_init(&r->jobs);
    if (database_open(&r->q, data, DATABASE_READER, err) &&
        thread_start(&r->thread, "store-reader", reader_run, r, err))
        return r;
    reader_free(r);
    return NULL;
}

void reader_stop(struct reader *r)
{
    if (r)
        thread_stop(&r->thread);
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    sqlite_close(&r->q);
    free(r);
}

void reader_job(struct reader *r, struct read_job *job)
{
    thread_lock(&r->thread);
    list_add(&r->jobs, &job->letter.link);
    thread_wake(&r->thread);
    thread_unlock(&r->thread);
}
