/* SPDX-License-Identifier: MIT */
/* row.h - a row of the run table as struct store_run. Owner: a read job. Thread: the reader's. */
#pragma once
#include "store/sqlite/keep.h"
#include "store/sqlite/query.h"
#include "store/store.h"

/* Reads the row that s stands on (columns of enum sql_run_column). Texts are copied to keep; an
 * event or result of more than text_max bytes is left out and `cut` set. */
void row_read(const struct query *s, size_t text_max, struct keep *keep, struct store_run *out);
