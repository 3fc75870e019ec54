/* SPDX-License-Identifier: MIT */
#include "serve/api/pending.h"
#include "base/mem.h"
#include <stdlib.h>

static void forget_client(struct request *q)
{
    ((struct pending *)q->state)->q = NULL;
}

struct pending *pending_new(struct request *q)
{
    struct pending *p = mem_zero(1, sizeof *p);
    p->q = q;
    q->state = p;
    q->drop = forget_client;
    return p;
}

struct request *pending_end(struct pending *p)
{
    struct request *q = p->q;
    if (q) {
        q->state = NULL;
        q->drop = NULL;
    }
    free(p);
    return q;
}

struct request *pending_read(struct pending *p, const struct error *err)
{
    struct request *q = pending_end(p);
    if (q && err)
        request_no(q, VERDICT_STORE, err->text);
    return err ? NULL : q;
}
