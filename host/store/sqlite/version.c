/* SPDX-License-Identifier: MIT */
/* store_put_version: the files of a script version, kept by content hash. */
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/query.h"
#include <stdlib.h>
#include <string.h>

struct put_version {
    struct change change;
    unsigned char hash[SHA256_BYTES];
    struct text project, trigger, bundle; /* in `change.keep` */
};

static bool put(struct change *change, struct sqlite *q, struct error *err)
{
    struct put_version *p = CONTAINER_OF(change, struct put_version, change);
    struct query s;
    query_begin(&s, q, SQL_VERSION_PUT);
    query_blob(&s, p->hash, SHA256_BYTES);
    query_text(&s, p->project);
    query_text(&s, p->trigger);
    query_blob(&s, p->bundle.data, p->bundle.len);
    return query_do(&s, err);
}

void store_put_version(struct store *s, const unsigned char hash[SHA256_BYTES], struct text project,
                       struct text trigger, struct text bundle, store_written_fn done, void *arg)
{
    struct put_version *p = mem_zero(1, sizeof *p);
    struct keep *k = &p->change.keep;
    p->change.apply = put;
    memcpy(p->hash, hash, SHA256_BYTES);
    p->project = keep_text(k, project);
    p->trigger = keep_text(k, trigger);
    p->bundle = keep_text(k, bundle);
    change_start(s, &p->change, NULL, done, arg);
}
