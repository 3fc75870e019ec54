/* SPDX-License-Identifier: MIT */
#include "store/sqlite/change.h"

#include "store/sqlite/audit.h"
#include "store/sqlite/keys.h"
#include <assert.h>
#include <stdlib.h>

static bool apply(struct chore *chore, struct sqlite *q, struct error *err)
{
    struct change *c = CONTAINER_OF(chore, struct change, chore);
    return (!c->apply || c->apply(c, q, err)) && audit_put(q, &c->audit, err);
}

static bool stamp(struct chore *chore, struct sqlite *q, struct error *err)
{
    (void)chore;
    return keys_stamp(q, err);
}

static void deliver(struct store *s, struct letter *letter)
{
    (void)s;
    struct change *c = CONTAINER_OF(letter, struct change, chore.letter);
    if (c->done)
        c->done(c->arg, chore_error(&c->chore));
    keep_done(&c->keep);
    free(c);
}

void change_start(struct store *s, struct change *c, const struct store_audit *audit,
                  store_written_fn done, void *arg)
{
    c->audit = audit_copy(&c->keep, audit);
    c->done = done;
    c->arg = arg;
    c->chore.apply = apply;
    c->chore.committed = c->stamps ? stamp : NULL;
    c->chore.letter.deliver = deliver;
    store_chore(s, &c->chore);
}
