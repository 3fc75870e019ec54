/* SPDX-License-Identifier: MIT */
#include "engine/loading.h"
#include "base/mem.h"
#include <stdlib.h>

struct place {
    const struct version *version;
    uint64_t runners; /* a bit for each that has it */
    unsigned compiler;
    bool compiling; /* on runner `compiler` */
};

_Static_assert(POOL_RUNNERS <= 64, "a bit for each runner");

static struct text tag_key(const uint64_t *tag)
{
    return (struct text){(const char *)tag, sizeof *tag};
}

void loading_init(struct loading *l, struct pool *pool)
{
    l->pool = pool;
    map_init(&l->places);
}

void loading_done(struct loading *l)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&l->places, &pos, &key, &value))
        free(value);
    map_done(&l->places);
    l->pool = NULL;
}

static void send_load(struct loading *l, const struct version *v, unsigned runner)
{
    struct buf *out = pool_out(l->pool, runner);
    size_t mark = frame_begin(out, FRAME_LOAD, v->tag);
    bundle_encode(v->bundle, out);
    frame_end(out, mark);
}

static struct place *place_on(struct loading *l, const struct version *v, unsigned runner)
{
    struct place *at = map_get(&l->places, tag_key(&v->tag));
    if (!at) {
        at = mem_zero(1, sizeof *at);
        at->version = v;
        map_put(&l->places, tag_key(&v->tag), at);
    }
    uint64_t bit = UINT64_C(1) << runner;
    if (!(at->runners & bit))
        send_load(l, v, runner);
    at->runners |= bit;
    return at;
}

void loading_ensure(struct loading *l, const struct version *v, unsigned runner)
{
    place_on(l, v, runner);
}

void loading_compile(struct loading *l, const struct version *v, unsigned runner)
{
    struct place *at = place_on(l, v, runner);
    at->compiler = runner;
    at->compiling = true;
}

bool loading_answered(struct loading *l, unsigned runner, uint64_t tag)
{
    struct place *at = map_get(&l->places, tag_key(&tag));
    if (!at || !at->compiling || at->compiler != runner)
        return false;
    at->compiling = false;
    return true;
}

void loading_unload(struct loading *l, const struct version *v)
{
    struct place *at = map_del(&l->places, tag_key(&v->tag));
    for (unsigned i = 0; at && i < pool_count(l->pool); i++) {
        if (!(at->runners & UINT64_C(1) << i))
            continue;
        struct buf *out = pool_out(l->pool, i);
        frame_end(out, frame_begin(out, FRAME_UNLOAD, v->tag));
    }
    free(at);
}

bool loading_lost(struct loading *l, unsigned runner, uint64_t culprit)
{
    size_t pos = 0;
    struct text key;
    void *value;
    bool found = false;
    while (map_next(&l->places, &pos, &key, &value)) {
        struct place *at = value;
        at->runners &= ~(UINT64_C(1) << runner);
        if (!at->compiling || at->compiler != runner)
            continue;
        if (at->version->tag == culprit)
            found = true;
        else
            place_on(l, at->version, runner);
    }
    return found;
}
