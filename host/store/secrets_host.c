/* SPDX-License-Identifier: MIT */
/* Secrets inside the host: changed by the writer thread, listed by the reader thread. */
#include "base/mem.h"
#include "store/audit.h"
#include "store/jobs.h"
#include "store/keys.h"
#include "store/secrets.h"
#include <stdlib.h>

struct change_secret {
    struct chore chore;
    struct keep keep;
    struct store_secret secret; /* of a removal only the name; texts in `keep` */
    struct store_audit audit;
    store_written_fn done;
    void *arg;
};

static bool put(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct change_secret *c = CONTAINER_OF(chore, struct change_secret, chore);
    return secrets_put(q, &c->secret, err) && audit_put(q, &c->audit, err);
}

static bool remove_one(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct change_secret *c = CONTAINER_OF(chore, struct change_secret, chore);
    return secrets_remove(q, c->secret.name, err) && audit_put(q, &c->audit, err);
}

static bool stamp(struct chore *chore, struct sqlite *q, struct error *err)
{
    (void)chore;
    return keys_stamp(q, err);
}

static void deliver_change(struct store *s, struct letter *letter)
{
    (void)s;
    struct change_secret *c = CONTAINER_OF(letter, struct change_secret, chore.letter);
    if (c->done)
        c->done(c->arg, chore_error(&c->chore));
    keep_done(&c->keep);
    free(c);
}

static struct change_secret *change_new(const char *name, const struct store_audit *audit,
                                        store_written_fn done, void *arg)
{
    struct change_secret *c = mem_zero(1, sizeof *c);
    c->chore.committed = stamp;
    c->chore.letter.deliver = deliver_change;
    c->audit = audit_copy(&c->keep, audit);
    c->secret.name = keep_text(&c->keep, text_of(name)).data;
    c->done = done;
    c->arg = arg;
    return c;
}

void store_secret_put(struct store *s, const struct store_secret *secret,
                      const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_secret *c = change_new(secret->name, audit, done, arg);
    c->chore.apply = put;
    c->secret.hosts = keep_text(&c->keep, text_of(secret->hosts)).data;
    c->secret.sealed = keep_text(&c->keep, secret->sealed);
    c->secret.updated_ms = secret->updated_ms;
    store_chore(s, &c->chore);
}

void store_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                         store_written_fn done, void *arg)
{
    struct change_secret *c = change_new(name, audit, done, arg);
    c->chore.apply = remove_one;
    store_chore(s, &c->chore);
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
