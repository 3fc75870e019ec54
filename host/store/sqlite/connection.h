/* SPDX-License-Identifier: MIT */
/* connection.h - one SQLite connection to DATA/moontide.db, opened the way each of its users needs
 * it, with the statements it has run kept prepared, and SQLite's codes told as errors that say what
 * to do. Owner: whoever opened it. Thread: one at a time. */
#pragma once
#include "base/error.h"
#include <sqlite3.h>
#include <stdint.h>

/* Room for statements: the store's tables have about fifty between them. */
enum { CONNECTION_STATEMENTS = 128 };

struct connection {
    sqlite3 *db;
    char *path; /* of the database file, for messages */
    char *data; /* of the folder, for messages */
    int code;   /* primary result code of the last failure */
    /* By the address of its text, which is constant; query.c fills it. */
    struct {
        const char *sql;
        sqlite3_stmt *st;
    } statements[CONNECTION_STATEMENTS];
    size_t statement_count;
};

enum connection_use {
    CONNECTION_WRITER,   /* the file is made if missing, and brought up to date */
    CONNECTION_EXISTING, /* the same, but a missing file is ERROR_MISSING */
    CONNECTION_READER    /* of a file that a writer has opened; cannot write */
};

/* Waits SQLITE_BUSY_MS for locks of other processes. */
bool connection_open(struct connection *q, const char *data, enum connection_use use,
                     struct error *err) MUST_CHECK;
/* The file as it is, which must exist. data: for messages. */
bool connection_open_file(struct connection *q, const char *data, const char *path,
                          struct error *err) MUST_CHECK;
void connection_close(struct connection *q);
/* Fills err from the code and the connection's message; remembers the code; returns false. */
bool connection_fail(struct connection *q, int rc, struct error *err);
/* One or more statements without parameters or rows. */
bool connection_exec(struct connection *q, const char *sql, struct error *err) MUST_CHECK;
/* The first column of the first row, an integer. */
bool connection_ask_int(struct connection *q, const char *sql, int64_t *out,
                        struct error *err) MUST_CHECK;
/* Whether the last failure is about the file or the machine, not about the statement: then no
 * statement of the transaction can be trusted to have worked. */
bool connection_failed_badly(const struct connection *q);
/* Ends whatever transaction is open, as failed. Harmless when there is none. */
void connection_rollback(struct connection *q);
