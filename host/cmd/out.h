/* SPDX-License-Identifier: MIT */
/* out.h - how the commands print: JSON for people and for programs, tables, errors. Results go to
 * standard output, everything about them to standard error. Thread: main. */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include <stdio.h>

/* "moontide NAME: TEXT" on standard error; 1, the status for "it failed". */
int out_fail(const char *command, const struct error *err);
/* The same, and where the help is; 2, the status for "it was called wrongly". */
int out_usage(const char *command, const struct error *err);

/* Pretty: indented by two blanks, and a line break at the end. Else one line. */
void out_json(const cJSON *value, bool pretty);
/* Text that a script or a stranger chose, fit for a terminal: control characters are shown as
 * \u00XX, bytes that are no UTF-8 as U+FFFD. At most max characters (0: all); "…" shows the cut. */
void out_clean(struct buf *b, struct text t, size_t max);

/* What was printed is out: 0. Else (disk full, closed pipe) says so: 1. */
int out_end(const char *command);

enum { TABLE_COLUMNS = 12 };
struct table {
    size_t columns;
    size_t width[TABLE_COLUMNS]; /* in characters */
    char **cells;
    size_t count, cap;
};
/* Column names end with NULL and make the first row. */
void out_table_init(struct table *t, const char *const *names);
void out_table_cell(struct table *t, const char *text); /* row by row; copied; NULL: "-" */
void out_table_print(const struct table *t);
void out_table_done(struct table *t);
