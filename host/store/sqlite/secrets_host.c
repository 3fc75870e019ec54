/* SPDX-License-Identifier: MIT */
/* Secrets inside the host: changed by the writer thread, listed by the reader thread. */
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/secrets.h"
#include <stdlib.h>

struct change_secret {
    struct change change;
    struct store_secret secret; /* of a removal only the name; texts in `change.keep` */
};

static bool put(struct change *change, struct sqlite *q, struct error *err)
{
    return secrets_put(q, &CONTAINER_OF(change, struct change_secret, change)->secret, err);
}

static bool remove_one(struct change *change, struct sqlite *q, struct error *err)
{
    return secrets_remove(q, CONTAINER_OF(change, struct change_secret, change)->secret.name, err);
}

static struct change_secret *change_new(const char *name)
{
    struct change_secret *c = mem_zero(1, sizeof *c);
    c->change.stamps = true;
    c->secret.name = keep_text(&c->change.keep, text_of(name)).data;
    return c;
}

void store_secret_put(struct store *s, const struct store_secret *secret,
                      const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_secret *c = change_new(secret->name);
    c->change.apply = put;
    c->secret.hosts = keep_text(&c->change.keep, text_of(secret->hosts)).data;
    c->secret.sealed = keep_text(&c->change.keep, secret->sealed);
    c->secret.updated_ms = secret->updated_ms;
    change_start(s, &c->change, audit, done, arg);
}

void store_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                         store_written_fn done, void *arg)
{
    struct change_secret *c = change_new(name);
    c->change.apply = remove_one;
    change_start(s, &c->change, audit, done, arg);
}

struct list_secrets {
    struct read_job job;
    struct store_secret *secrets;
    size_t count;
    store_secrets_fn fn;
    void *arg;
};

static bool read_secrets(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct list_secrets *l = CONTAINER_OF(job, struct list_secrets, job);
    return secrets_list(q, &l->secrets, &l->count, err);
}

static void deliver_secrets(struct store *s, struct letter *letter)
{
    (void)s;
    struct list_secrets *l = CONTAINER_OF(letter, struct list_secrets, job.letter);
    bool failed = l->job.failed;
    l->fn(l->arg, failed ? NULL : l->secrets, failed ? 0 : l->count, read_error(&l->job));
    store_secrets_free(l->secrets, l->count);
    free(l);
}

void store_list_secrets(struct store *s, store_secrets_fn fn, void *arg)
{
    struct list_secrets *l = mem_zero(1, sizeof *l);
    l->job.run = read_secrets;
    l->job.letter.deliver = deliver_secrets;
    l->fn = fn;
    l->arg = arg;
    store_read(s, &l->job);
}
