/* SPDX-License-Identifier: MIT */
/* store_put_version: the files of a script version, kept by content hash. */
#include "base/mem.h"
#include "store/jobs.h"
#include "store/query.h"
#include <stdlib.h>
#include <string.h>

struct put_version {
    struct chore chore;
    struct keep keep;
    unsigned char hash[SHA256_BYTES];
    struct text project, trigger, bundle;
    store_written_fn done;
    void *arg;
};

static bool put(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct put_version *p = CONTAINER_OF(chore, struct put_version, chore);
    struct query s;
    query_begin(&s, q, SQL_VERSION_PUT);
    query_blob(&s, p->hash, SHA256_BYTES);
    query_text(&s, p->project);
    query_text(&s, p->trigger);
    query_blob(&s, p->bundle.data, p->bundle.len);
    return query_do(&s, err);
}

static void deliver_put(struct store *s, struct letter *letter)
{
    (void)s;
    struct put_version *p = CONTAINER_OF(letter, struct put_version, chore.letter);
    if (p->done)
        p->done(p->arg, chore_error(&p->chore));
    keep_done(&p->keep);
    free(p);
}

void store_put_version(struct store *s, const unsigned char hash[SHA256_BYTES], struct text project,
                       struct text trigger, struct text bundle, store_written_fn done, void *arg)
{
    struct put_version *p = mem_zero(1, sizeof *p);
    p->chore.apply = put;
    p->chore.letter.deliver = deliver_put;
    memcpy(p->hash, hash, SHA256_BYTES);
    p->project = keep_text(&p->keep, project);
    p->trigger = keep_text(&p->keep, trigger);
    p->bundle = keep_text(&p->keep, bundle);
    p->done = done;
    p->arg = arg;
    store_chore(s, &p->chore);
}
