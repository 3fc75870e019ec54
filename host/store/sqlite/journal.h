/* SPDX-License-Identifier: MIT */
/* journal.h - the table of records, a row a chunk. Thread: the connection's. */
#pragma once
#include "store/sqlite/connection.h"
#include "store/store.h"

/* journal.pos: run number and first sequence number of a chunk in one integer, so that the index of
 * the journal is small and a run's chunks stand in it side by side, in order. */
enum { JOURNAL_SEQ_BITS = 24 };
#define JOURNAL_SEQ_MAX ((UINT64_C(1) << JOURNAL_SEQ_BITS) - 1)

/* SQL: the last sequence number of a run. Chunks are appended without touching the run's row, so
 * what the row says (as of its last update) may be behind. 24 and 16777215: JOURNAL_SEQ_BITS. */
#define JOURNAL_LAST_SEQ                                                                   \
    "max(run.seq, coalesce((SELECT (pos & 16777215) + count - 1 FROM journal"              \
    " WHERE pos > run.num << 24 AND pos < (run.num + 1) << 24 ORDER BY pos DESC LIMIT 1)," \
    " 0))"

/* Whether the order's chunk goes on where the journal ends, and is not too large. */
bool journal_check(const struct store_order *o, uint64_t last, struct error *err) MUST_CHECK;
/* Inserts the order's chunk, if it has one. */
bool journal_insert(struct connection *q, const struct store_order *o, int64_t num,
                    struct error *err) MUST_CHECK;
