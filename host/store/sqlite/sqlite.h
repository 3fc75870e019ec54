/* SPDX-License-Identifier: MIT */
/* sqlite.h - one SQLite connection with its statements prepared once, and SQLite's codes told as
 * errors that say what to do. Owner: whoever opened it. Thread: one at a time. */
#pragma once
#include "base/error.h"
#include <sqlite3.h>
#include <stdint.h>

struct sqlite {
    sqlite3 *db;
    char *path;                /* of the database file, for messages */
    char *data;                /* of the folder, for messages */
    const char *const *sql;    /* the statements' texts by index (sql.h) */
    sqlite3_stmt **statements; /* the same, prepared at first use; NULL until then */
    size_t count;
    int code; /* primary result code of the last failure */
};

/* The file must exist. Waits SQLITE_BUSY_MS for locks of other processes. */
bool sqlite_open(struct sqlite *q, const char *data, const char *path, const char *const *sql,
                 size_t count, struct error *err) MUST_CHECK;
void sqlite_close(struct sqlite *q);
/* Fills err from the code and the connection's message; remembers the code; returns false. */
bool sqlite_fail(struct sqlite *q, int rc, struct error *err);
/* One or more statements without parameters or rows. */
bool sqlite_exec(struct sqlite *q, const char *sql, struct error *err) MUST_CHECK;
/* The first column of the first row, an integer. */
bool sqlite_ask_int(struct sqlite *q, const char *sql, int64_t *out, struct error *err) MUST_CHECK;
/* Whether the last failure is about the file or the machine, not about the statement: then no
 * statement of the transaction can be trusted to have worked. */
bool sqlite_failed_badly(const struct sqlite *q);
/* Ends whatever transaction is open, as failed. Harmless when there is none. */
void sqlite_rollback(struct sqlite *q);
