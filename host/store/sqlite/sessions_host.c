/* SPDX-License-Identifier: MIT */
/* Sessions inside the host: written by the writer thread, read by the reader thread. */
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/sessions.h"
#include <stdlib.h>

struct add_turn {
    struct change change;
    struct store_turn turn; /* texts in `change.keep` */
};

static bool add(struct change *change, struct sqlite *q, struct error *err)
{
    return sessions_add(q, &CONTAINER_OF(change, struct add_turn, change)->turn, err);
}

void store_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                       void *arg)
{
    struct add_turn *a = mem_zero(1, sizeof *a);
    struct keep *k = &a->change.keep;
    a->change.apply = add;
    a->turn = (struct store_turn){
        .project = keep_text(k, turn->project),
        .session = keep_text(k, turn->session),
        .run = keep_text(k, turn->run),
        .step = turn->step,
        .user = keep_text(k, turn->user),
        .assistant = keep_text(k, turn->assistant),
        .at_ms = turn->at_ms,
    };
    change_start(s, &a->change, NULL, done, arg);
}

struct read_session {
    struct read_job job;
    struct text project, session; /* in `job.keep` */
    uint32_t limit;
    struct store_message *rows;
    size_t count;
    store_session_fn fn;
    void *arg;
};

static bool read_all(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct read_session *r = CONTAINER_OF(job, struct read_session, job);
    return sessions_read(q, r->project, r->session, r->limit, &job->keep, &r->rows, &r->count, err);
}

static void deliver_session(struct store *s, struct letter *letter)
{
    (void)s;
    struct read_session *r = CONTAINER_OF(letter, struct read_session, job.letter);
    bool failed = r->job.failed;
    r->fn(r->arg, failed ? NULL : r->rows, failed ? 0 : r->count, read_error(&r->job));
    keep_done(&r->job.keep);
    free(r);
}

void store_read_session(struct store *s, struct text project, struct text session, uint32_t limit,
                        store_session_fn fn, void *arg)
{
    struct read_session *r = mem_zero(1, sizeof *r);
    r->job.run = read_all;
    r->job.letter.deliver = deliver_session;
    r->project = keep_text(&r->job.keep, project);
    r->session = keep_text(&r->job.keep, session);
    r->limit = limit;
    r->fn = fn;
    r->arg = arg;
    store_read(s, &r->job);
}
