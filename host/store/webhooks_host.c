/* SPDX-License-Identifier: MIT */
/* Webhook secrets inside the host: listed by the reader thread. */
#include "base/mem.h"
#include "store/jobs.h"
#include "store/webhooks.h"
#include <stdlib.h>

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
