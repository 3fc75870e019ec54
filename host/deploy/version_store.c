/* SPDX-License-Identifier: MIT */
#include "deploy/version_store.h"
#include "base/mem.h"
#include "wire/frame.h"
#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 16 << 20 }; /* a declaration and a bundle are far smaller */

struct unkept {
    struct list link;
    struct version_store *owner;
    unsigned char hash[SHA256_BYTES];
    char *project, *key;
    struct buf bytes;
    bool under_way;
};

static void unkept_free(struct unkept *u)
{
    list_del(&u->link);
    free(u->project);
    free(u->key);
    buf_done(&u->bytes);
    free(u);
}

static void on_written(void *arg, const struct error *err)
{
    struct unkept *u = arg;
    const struct version_store *vs = u->owner;
    u->under_way = false;
    if (err)
        vs->refused(vs->arg, err);
    else
        unkept_free(u);
}

static void write_unkept(struct unkept *u)
{
    u->under_way = true;
    store_put_version(u->owner->store, u->hash, text_of(u->project), text_of(u->key),
                      buf_view(&u->bytes), on_written, u);
}

void version_store_init(struct version_store *vs)
{
    *vs = (struct version_store){0};
    list_init(&vs->unkept);
}

void version_store_done(struct version_store *vs)
{
    while (!list_empty(&vs->unkept))
        unkept_free(LIST_ENTRY(vs->unkept.next, struct unkept, link));
}

void version_store_put(struct version_store *vs, const struct version *v, struct text manifest)
{
    if (!vs->store)
        return;
    struct unkept *u = mem_zero(1, sizeof *u);
    u->owner = vs;
    memcpy(u->hash, v->hash, SHA256_BYTES);
    u->project = mem_text(v->bundle->project);
    u->key = mem_text(v->bundle->key);
    buf_init(&u->bytes, KEPT_MAX);
    frame_put_bytes(&u->bytes, manifest);
    bundle_encode(v->bundle, &u->bytes);
    list_add(&vs->unkept, &u->link);
    write_unkept(u);
}

void version_store_retry(struct version_store *vs)
{
    LIST_EACH(node, &vs->unkept)
    {
        struct unkept *u = LIST_ENTRY(node, struct unkept, link);
        if (!u->under_way)
            write_unkept(u);
    }
}

struct version *version_store_decode(struct registry *r, struct text kept, struct error *err)
{
    /* What was allowed when the run started stays allowed: ceilings that were lowered since then
     * count for new runs alone. */
    const struct manifest_ceilings limits = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    struct frame_reader in = {.rest = kept};
    struct text json = frame_get_bytes(&in);
    struct bundle *b = in.broken ? NULL : bundle_decode(in.rest, err);
    if (!b) {
        if (in.broken)
            error_set(err, ERROR_INVALID, "the script version in the store is damaged");
        return NULL;
    }
    int line;
    struct text source = {b->files[0].source, b->files[0].size};
    struct manifest *m = manifest_new(b->project, b->key, json, source, &limits, &line, err);
    if (!m) {
        bundle_free(b);
        return NULL;
    }
    struct version *v = version_make(r, b);
    v->manifest = m;
    return v;
}
