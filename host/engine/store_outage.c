/* SPDX-License-Identifier: MIT */
#include "engine/store_outage.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/engine.h"
#include <stdlib.h>
#include <string.h>

/* ---- the state */

void outage_init(struct outage *o)
{
    list_init(&o->unkept);
}

/* The row that says that it works again is what finds out: nothing is written until it is true. */
static void probe(struct timer *timer);

static void on_probed(void *arg, const struct error *err)
{
    struct engine *e = arg;
    if (e->closing || !e->outage.broken)
        return;
    if (err)
        timers_set(&e->timers, &e->outage.probe, ENGINE_STORE_RETRY_MS, probe);
    else
        store_outage_works(e);
}

static void probe(struct timer *timer)
{
    struct engine *e = CONTAINER_OF(timer, struct engine, outage.probe);
    struct store_audit row = {
        .at_ms = clock_wall_ms(e->clock),
        .actor = TEXT("host"),
        .action = TEXT("store.recovered"),
        .target = TEXT("store"),
    };
    if (e->outage.broken && !e->closing)
        store_audit(e->store, &row, on_probed, e);
}

void store_outage_failed(struct engine *e, const char *run, const struct error *err)
{
    if (e->outage.broken)
        return;
    e->outage.broken = true;
    log_error(run, "the store refuses writes, no runs are taken until it works again: %s",
              err->text);
    if (!e->closing)
        timers_set(&e->timers, &e->outage.probe, ENGINE_STORE_RETRY_MS, probe);
}

/* ---- versions */

struct kept {
    struct list link; /* e->outage.unkept */
    struct engine *e;
    unsigned char hash[SHA256_BYTES];
    char *project, *key, *bundle;
    size_t bytes;
    bool under_way;
};

static void kept_free(struct kept *k)
{
    list_del(&k->link);
    free(k->project);
    free(k->key);
    free(k->bundle);
    free(k);
}

static void on_kept(void *arg, const struct error *err)
{
    struct kept *k = arg;
    struct engine *e = k->e;
    k->under_way = false;
    if (err)
        store_outage_failed(e, NULL, err);
    else
        kept_free(k);
}

static void put(struct kept *k)
{
    k->under_way = true;
    store_put_version(k->e->store, k->hash, text_of(k->project), text_of(k->key),
                      (struct text){k->bundle, k->bytes}, on_kept, k);
}

void store_outage_keep_version(struct engine *e, const unsigned char hash[SHA256_BYTES],
                               const char *project, const char *key, struct text bundle)
{
    struct kept *k = mem_zero(1, sizeof *k);
    k->e = e;
    memcpy(k->hash, hash, SHA256_BYTES);
    k->project = mem_text(project);
    k->key = mem_text(key);
    k->bundle = mem_text_n(bundle.data, bundle.len);
    k->bytes = bundle.len;
    list_add(&e->outage.unkept, &k->link);
    put(k);
}

void store_outage_works(struct engine *e)
{
    if (!e->outage.broken)
        return;
    e->outage.broken = false;
    timers_drop(&e->timers, &e->outage.probe);
    log_info(NULL, "\"the store works again\"");
    /* Ahead of the runs that will need them: the store writes in the order of the calls. */
    LIST_EACH(node, &e->outage.unkept)
    {
        struct kept *k = LIST_ENTRY(node, struct kept, link);
        if (!k->under_way)
            put(k);
    }
}

void store_outage_done(struct engine *e)
{
    while (!list_empty(&e->outage.unkept))
        kept_free(LIST_ENTRY(e->outage.unkept.next, struct kept, link));
}
