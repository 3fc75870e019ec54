/* SPDX-License-Identifier: MIT */
/* The table of script versions: their files, kept by content hash. */
#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"
#include <string.h>

static const char version_insert[] = "INSERT INTO version(hash, project, trigger, bundle)"
                                     " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
static const char version_find[] = "SELECT bundle FROM version WHERE hash = ?1";

struct version_put {
    struct write write;
    unsigned char hash[SHA256_BYTES];
    struct text project, trigger, bundle; /* in `write.keep` */
};

static bool insert_version(struct write *w, struct connection *q, struct error *err)
{
    struct version_put *p = CONTAINER_OF(w, struct version_put, write);
    struct query s;
    query_begin(&s, q, version_insert);
    query_blob(&s, p->hash, SHA256_BYTES);
    query_text(&s, p->project);
    query_text(&s, p->trigger);
    query_blob(&s, p->bundle.data, p->bundle.len);
    return query_do(&s, err);
}

void sqlite_put_version(struct store *s, const unsigned char hash[SHA256_BYTES],
                        struct text project, struct text trigger, struct text bundle,
                        store_written_fn done, void *arg)
{
    struct version_put *p = mem_zero(1, sizeof *p);
    struct keep *k = &p->write.keep;
    p->write.apply = insert_version;
    memcpy(p->hash, hash, SHA256_BYTES);
    p->project = keep_text(k, project);
    p->trigger = keep_text(k, trigger);
    p->bundle = keep_text(k, bundle);
    write_start(s, &p->write, NULL, done, arg);
}

struct version_get {
    struct read read;
    unsigned char hash[SHA256_BYTES];
    struct text bundle;
    store_version_fn fn;
    void *arg;
};

static bool read_version(struct read *r, struct connection *q, struct error *err)
{
    struct version_get *g = CONTAINER_OF(r, struct version_get, read);
    struct query s;
    query_begin(&s, q, version_find);
    query_blob(&s, g->hash, SHA256_BYTES);
    int step = query_step(&s, err);
    if (step > 0)
        g->bundle = keep_text(&r->keep, query_column_text(&s, 0));
    query_end(&s);
    return step >= 0;
}

static void answer_version(struct read *r)
{
    struct version_get *g = CONTAINER_OF(r, struct version_get, read);
    g->fn(g->arg, r->failed ? TEXT_NONE : g->bundle, read_error(r));
}

void sqlite_get_version(struct store *s, const unsigned char hash[SHA256_BYTES],
                        store_version_fn fn, void *arg)
{
    struct version_get *g = mem_zero(1, sizeof *g);
    g->read.run = read_version;
    g->read.answer = answer_version;
    g->fn = fn;
    g->arg = arg;
    memcpy(g->hash, hash, SHA256_BYTES);
    read_start(s, &g->read);
}
