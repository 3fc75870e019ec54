/* SPDX-License-Identifier: MIT */
/* API keys inside the host: changed by the writer thread, listed by the reader thread. */
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/keys.h"
#include <stdlib.h>
#include <string.h>

struct change_key {
    struct change change;
    struct api_key key; /* of a revocation only the id */
    int64_t now_ms;
};

static bool create_key(struct change *change, struct sqlite *q, struct error *err)
{
    return keys_put(q, &CONTAINER_OF(change, struct change_key, change)->key, err);
}

static bool revoke_key(struct change *change, struct sqlite *q, struct error *err)
{
    struct change_key *c = CONTAINER_OF(change, struct change_key, change);
    return keys_revoke(q, c->key.id, c->now_ms, err);
}

void store_key_create(struct store *s, const struct api_key *key, const struct store_audit *audit,
                      store_written_fn done, void *arg)
{
    struct change_key *c = mem_zero(1, sizeof *c);
    c->change.apply = create_key;
    c->change.stamps = true;
    c->key = *key;
    change_start(s, &c->change, audit, done, arg);
}

void store_key_revoke(struct store *s, const char *id, int64_t now_ms,
                      const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_key *c = mem_zero(1, sizeof *c);
    c->change.apply = revoke_key;
    c->change.stamps = true;
    strncpy(c->key.id, id, sizeof c->key.id - 1);
    c->now_ms = now_ms;
    change_start(s, &c->change, audit, done, arg);
}

/* ---- last use */

struct used_keys {
    struct change change;
    struct api_key *keys; /* in `change.keep` */
    size_t count;
};

static bool put_used(struct change *change, struct sqlite *q, struct error *err)
{
    struct used_keys *u = CONTAINER_OF(change, struct used_keys, change);
    for (size_t i = 0; i < u->count; i++)
        if (!keys_used(q, u->keys[i].id, u->keys[i].used_ms, err))
            return false;
    return true;
}

void store_keys_used(struct store *s, const struct api_key *keys, size_t count,
                     store_written_fn done, void *arg)
{
    struct used_keys *u = mem_zero(1, sizeof *u);
    u->change.apply = put_used;
    u->keys = keep_alloc(&u->change.keep, count * sizeof *keys);
    for (; u->count < count; u->count++)
        u->keys[u->count] = keys[u->count];
    change_start(s, &u->change, NULL, done, arg);
}

/* ---- the list */

struct list_keys {
    struct read_job job;
    struct api_key *keys;
    size_t count;
    store_keys_fn fn;
    void *arg;
};

static bool read_keys(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct list_keys *l = CONTAINER_OF(job, struct list_keys, job);
    return keys_list(q, &l->keys, &l->count, err);
}

static void deliver_keys(struct store *s, struct letter *letter)
{
    (void)s;
    struct list_keys *l = CONTAINER_OF(letter, struct list_keys, job.letter);
    bool failed = l->job.failed;
    l->fn(l->arg, failed ? NULL : l->keys, failed ? 0 : l->count, read_error(&l->job));
    free(l->keys);
    free(l);
}

void store_list_keys(struct store *s, store_keys_fn fn, void *arg)
{
    struct list_keys *l = mem_zero(1, sizeof *l);
    l->job.run = read_keys;
    l->job.letter.deliver = deliver_keys;
    l->fn = fn;
    l->arg = arg;
    store_read(s, &l->job);
}
