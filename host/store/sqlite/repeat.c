/* SPDX-License-Identifier: MIT */
#include "store/sqlite/repeat.h"

#include "base/mem.h"
#include "store/sqlite/jobs.h"
#include <stdlib.h>
#include <string.h>

void repeat_bind(struct query *s, const struct store_accept *in)
{
    query_text(s, in->caller.data ? in->caller : TEXT(""));
    query_text(s, in->project);
    query_text(s, in->trigger);
    query_text(s, in->idempotency_key);
}

bool repeat_find(struct sqlite *q, const struct store_accept *in, enum store_outcome *outcome,
                 char existing[ID_BYTES], struct error *err)
{
    struct query s;
    unsigned char body_hash[SHA256_BYTES];
    *outcome = STORE_DONE;
    existing[0] = '\0';
    query_begin(&s, q, SQL_IDEMPOTENCY_FIND);
    repeat_bind(&s, in);
    int step = query_step(&s, err);
    if (step > 0) {
        query_column_hash(&s, 0, body_hash);
        query_column_copy(&s, 1, existing, ID_BYTES);
        bool same = memcmp(body_hash, in->body_hash, SHA256_BYTES) == 0;
        *outcome = same ? STORE_REPEATED : STORE_KEY_REUSED;
    }
    query_end(&s);
    return step >= 0;
}

/* ---- asked by the loop */

struct find_repeat {
    struct read_job job;
    struct store_accept wanted; /* texts in `job.keep` */
    enum store_outcome outcome;
    char existing[ID_BYTES];
    store_repeat_fn fn;
    void *arg;
};

static bool find(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct find_repeat *f = CONTAINER_OF(job, struct find_repeat, job);
    return repeat_find(q, &f->wanted, &f->outcome, f->existing, err);
}

static void deliver(struct store *s, struct letter *letter)
{
    (void)s;
    struct find_repeat *f = CONTAINER_OF(letter, struct find_repeat, job.letter);
    f->fn(f->arg, f->job.failed ? STORE_BROKEN : f->outcome, f->existing, read_error(&f->job));
    keep_done(&f->job.keep);
    free(f);
}

void store_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                       void *arg)
{
    struct find_repeat *f = mem_zero(1, sizeof *f);
    f->job.run = find;
    f->job.letter.deliver = deliver;
    f->wanted.project = keep_text(&f->job.keep, wanted->project);
    f->wanted.trigger = keep_text(&f->job.keep, wanted->trigger);
    f->wanted.caller = keep_text(&f->job.keep, wanted->caller);
    f->wanted.idempotency_key = keep_text(&f->job.keep, wanted->idempotency_key);
    memcpy(f->wanted.body_hash, wanted->body_hash, SHA256_BYTES);
    f->fn = fn;
    f->arg = arg;
    store_read(s, &f->job);
}
