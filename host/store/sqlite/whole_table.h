/* SPDX-License-Identifier: MIT */
/* whole_table.h - reads all rows of a small table into an array: keys, webhooks, secrets, pauses.
 * Embed it as the first member of a mem_zero'ed struct, beside the callback that `answer` calls.
 * Owner: the table that makes it. Thread: as in messages.h.
 * Limit: none; who writes such a table bounds it. */
#pragma once
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"

struct whole_table {
    struct read read;
    const char *sql; /* static, without parameters */
    size_t row_bytes;
    void (*read_row)(const struct query *s, struct keep *keep, void *row);
    void (*answer)(struct whole_table *t); /* loop thread: calls the callback */
    void *rows;                            /* in `read.keep`; none when the read failed */
    size_t count, room;
};

/* sql, row_bytes, read_row and answer are set; the rest is filled in. */
void whole_table_start(struct store *s, struct whole_table *t);
