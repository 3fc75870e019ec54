/* SPDX-License-Identifier: MIT */
/* runs.h - the table of runs, and the one of large events beside it: which columns there are, how
 * they are written and read. Thread: the connection's. */
#pragma once
#include "store/keep.h"
#include "store/sqlite/query.h"
#include "store/store.h"

/* UPDATE statements by the set of columns that they write, made at first use: writing a column that
 * stays the same would still cost its indexes. The engine writes about ten different sets. */
struct run_updates {
    struct {
        unsigned set; /* bits of the columns, and one for seq */
        sqlite3_stmt *st;
    } kept[64];
    size_t count;
};
void runs_updates_done(struct run_updates *u); /* before the connection is closed */

/* Inserts the run that order->accept describes; *num is its number. This host owns it, unless the
 * order names an owner. */
bool runs_insert(struct connection *q, const struct store_order *o, int64_t *num,
                 struct error *err) MUST_CHECK;
/* The run's number and its last sequence number. */
bool runs_find(struct connection *q, const char *run, int64_t *num, uint64_t *last,
               struct error *err) MUST_CHECK;
/* Writes the fields that order->update gives. */
bool runs_update(struct connection *q, struct run_updates *u, const struct store_order *o,
                 int64_t num, struct error *err) MUST_CHECK;

/* A row of SELECT statements that begin with this. */
extern const char runs_by_number[]; /* … WHERE num = ?1 */
/* Texts are copied to keep.
 * An event or result of more than text_max bytes is left out, and `cut` is set. */
void runs_read_row(const struct query *s, size_t text_max, struct keep *keep,
                   struct store_run *out);
