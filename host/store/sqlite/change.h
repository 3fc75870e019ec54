/* SPDX-License-Identifier: MIT */
/* change.h - a chore that changes something small, notes it in the audit in the same transaction
 * and tells its caller. Embed it as the first member of a mem_zero'ed struct, which is freed with
 * it. Thread: loop, `apply` the writer's. */
#pragma once
#include "store/sqlite/jobs.h"

struct change {
    struct chore chore;
    struct keep keep; /* texts of what changes */
    struct store_audit audit;
    bool stamps; /* touches DATA/keys.stamp */
    bool (*apply)(struct change *c, struct sqlite *q, struct error *err);
    store_written_fn done;
    void *arg;
};

/* Takes c over; the rest is filled in. audit NULL: none; done NULL: nobody is told. */
void change_start(struct store *s, struct change *c, const struct store_audit *audit,
                  store_written_fn done, void *arg);
