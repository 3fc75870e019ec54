/* SPDX-License-Identifier: MIT */
/* API keys inside the host: changed by the writer thread, listed by the reader thread. */
#include "base/mem.h"
#include "store/audit.h"
#include "store/jobs.h"
#include "store/keys.h"
#include <stdlib.h>
#include <string.h>

struct change_key {
    struct chore chore;
    struct keep keep;
    struct api_key key; /* of a revocation only the id */
    struct store_audit audit;
    int64_t now_ms;
    store_written_fn done;
    void *arg;
};

static bool create_key(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct change_key *c = CONTAINER_OF(chore, struct change_key, chore);
    return keys_put(q, &c->key, err) && audit_put(q, &c->audit, err);
}

static bool revoke_key(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct change_key *c = CONTAINER_OF(chore, struct change_key, chore);
    return keys_revoke(q, c->key.id, c->now_ms, err) && audit_put(q, &c->audit, err);
}

static bool stamp(struct chore *chore, struct sqlite *q, struct error *err)
{
    (void)chore;
    return keys_stamp(q, err);
}

static void deliver_change(struct store *s, struct letter *letter)
{
    (void)s;
    struct change_key *c = CONTAINER_OF(letter, struct change_key, chore.letter);
    if (c->done)
        c->done(c->arg, chore_error(&c->chore));
    keep_done(&c->keep);
    free(c);
}

static struct change_key *change_new(const struct store_audit *audit, store_written_fn done,
                                     void *arg)
{
    struct change_key *c = mem_zero(1, sizeof *c);
    c->audit = audit_copy(&c->keep, audit);
    c->chore.committed = stamp;
    c->chore.letter.deliver = deliver_change;
    c->done = done;
    c->arg = arg;
    return c;
}

void store_key_create(struct store *s, const struct api_key *key, const struct store_audit *audit,
                      store_written_fn done, void *arg)
{
    struct change_key *c = change_new(audit, done, arg);
    c->chore.apply = create_key;
    c->key = *key;
    store_chore(s, &c->chore);
}

void store_key_revoke(struct store *s, const char *id, int64_t now_ms,
                      const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_key *c = change_new(audit, done, arg);
    c->chore.apply = revoke_key;
    strncpy(c->key.id, id, sizeof c->key.id - 1);
    c->now_ms = now_ms;
    store_chore(s, &c->chore);
}

/* ---- last use */

struct used_keys {
    struct chore chore;
    struct api_key *keys;
    size_t count;
    store_written_fn done;
    void *arg;
};

static bool put_used(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct used_keys *u = CONTAINER_OF(chore, struct used_keys, chore);
    for (size_t i = 0; i < u->count; i++)
        if (!keys_used(q, u->keys[i].id, u->keys[i].used_ms, err))
            return false;
    return true;
}

static void deliver_used(struct store *s, struct letter *letter)
{
    (void)s;
    struct used_keys *u = CONTAINER_OF(letter, struct used_keys, chore.letter);
    if (u->done)
        u->done(u->arg, chore_error(&u->chore));
    free(u->keys);
    free(u);
}

void store_keys_used(struct store *s, const struct api_key *keys, size_t count,
                     store_written_fn done, void *arg)
{
    struct used_keys *u = mem_zero(1, sizeof *u);
    u->chore.apply = put_used;
    u->chore.letter.deliver = deliver_used;
    u->keys = mem_dup(keys, count * sizeof *keys);
    u->count = count;
    u->done = done;
    u->arg = arg;
    store_chore(s, &u->chore);
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
