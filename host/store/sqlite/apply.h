/* SPDX-License-Identifier: MIT */
/* apply.h - one order as statements inside the writer's transaction. Owner: the writer. Thread: the
 * writer's. */
#pragma once
#include "store/sqlite/sqlite.h"
#include "store/store.h"

enum { APPLY_COLUMNS = 10 }; /* those of struct store_update, each given or not */

struct apply {
    struct sqlite *q;
    /* UPDATE statements by the set of columns that they write, made at first use: writing a column
     * that stays the same would still cost its indexes. One bit more than columns, for seq. */
    sqlite3_stmt *updates[1 << (APPLY_COLUMNS + 1)];
};

void apply_init(struct apply *a, struct sqlite *q);
void apply_done(struct apply *a); /* before the connection is closed */

/* True: o->outcome and o->existing are the answer; of a refused order nothing is left in the
 * transaction. False: a statement failed, and parts of the order may be left; err says why. */
bool apply_order(struct apply *a, struct store_order *o, struct error *err) MUST_CHECK;
