/* SPDX-License-Identifier: MIT */
/* apply.h - one order as statements inside the writer's transaction. Owner: the writer. Thread: the
 * writer's. */
#pragma once
#include "store/sqlite/sqlite.h"
#include "store/store.h"

enum {
    APPLY_COLUMNS = 12, /* those of struct store_update, each given or not */
    APPLY_UPDATES = 64  /* kept; the engine writes about ten different sets */
};

struct apply {
    struct sqlite *q;
    const char *host; /* owns the runs that are accepted */
    /* UPDATE statements by the set of columns that they write, made at first use: writing a column
     * that stays the same would still cost its indexes. */
    struct apply_update {
        unsigned set; /* bits of the columns; one bit more, for seq */
        sqlite3_stmt *st;
    } updates[APPLY_UPDATES];
    size_t update_count;
};

/* host: borrowed. */
void apply_init(struct apply *a, struct sqlite *q, const char *host);
void apply_done(struct apply *a); /* before the connection is closed */

/* True: o->outcome and o->existing are the answer; of a refused order nothing is left in the
 * transaction. False: a statement failed, and parts of the order may be left; err says why. */
bool apply_order(struct apply *a, struct store_order *o, struct error *err) MUST_CHECK;
