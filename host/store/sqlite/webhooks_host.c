/* SPDX-License-Identifier: MIT */
/* Webhook secrets inside the host: changed by the writer thread, listed by the reader thread. */
#include "base/mem.h"
#include "store/sqlite/change.h"
#include "store/sqlite/webhooks.h"
#include <stdlib.h>

struct change_webhook {
    struct change change;
    struct store_webhook webhook; /* of a revocation: id "" for all of the trigger */
    int64_t now_ms;
};

static bool put_in(struct change *change, struct sqlite *q, struct error *err)
{
    size_t revoked;
    return webhooks_put(q, &CONTAINER_OF(change, struct change_webhook, change)->webhook, &revoked,
                        err);
}

static bool take_back(struct change *change, struct sqlite *q, struct error *err)
{
    const struct change_webhook *c = CONTAINER_OF(change, struct change_webhook, change);
    const struct store_webhook *w = &c->webhook;
    size_t revoked;
    return webhooks_revoke(q, w->id[0] ? w->id : NULL, w->project, w->trigger, c->now_ms, &revoked,
                           err);
}

void store_webhook_create(struct store *s, const struct store_webhook *webhook,
                          const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_webhook *c = mem_zero(1, sizeof *c);
    c->change.apply = put_in;
    c->change.stamps = true;
    c->webhook = *webhook;
    change_start(s, &c->change, audit, done, arg);
}

void store_webhook_revoke(struct store *s, const struct store_webhook *which, int64_t now_ms,
                          const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct change_webhook *c = mem_zero(1, sizeof *c);
    c->change.apply = take_back;
    c->change.stamps = true;
    c->webhook = *which;
    c->now_ms = now_ms;
    change_start(s, &c->change, audit, done, arg);
}

struct list_webhooks {
    struct read_job job;
    struct store_webhook *rows;
    size_t count;
    store_webhooks_fn fn;
    void *arg;
};

static bool read_webhooks(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct list_webhooks *l = CONTAINER_OF(job, struct list_webhooks, job);
    return webhooks_list(q, &l->rows, &l->count, err);
}

static void deliver(struct store *s, struct letter *letter)
{
    (void)s;
    struct list_webhooks *l = CONTAINER_OF(letter, struct list_webhooks, job.letter);
    bool failed = l->job.failed;
    l->fn(l->arg, failed ? NULL : l->rows, failed ? 0 : l->count, read_error(&l->job));
    free(l->rows);
    free(l);
}

void store_list_webhooks(struct store *s, store_webhooks_fn fn, void *arg)
{
    struct list_webhooks *l = mem_zero(1, sizeof *l);
    l->job.run = read_webhooks;
    l->job.letter.deliver = deliver;
    l->fn = fn;
    l->arg = arg;
    store_read(s, &l->job);
}
