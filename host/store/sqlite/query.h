/* SPDX-License-Identifier: MIT */
/* query.h - one use of a prepared statement: bind in order, step, read columns. A mistake on the
 * way (preparing, binding) sticks and comes out at query_step, so that only that is checked.
 * Owner: the function that runs it, on its stack. Thread: the connection's.
 *
 *   static const char run_find[] = "SELECT num FROM run WHERE run = ?1";
 *   struct query s;
 *   query_begin(&s, q, run_find);
 *   query_text(&s, text_of(run));
 *   while ((step = query_step(&s, err)) > 0)
 *       ... query_column_int(&s, 0) ...
 *   query_end(&s);
 *
 * What is bound is borrowed until the statement has been stepped to its end. */
#pragma once
#include "base/id.h"
#include "store/sqlite/connection.h"

struct query {
    struct connection *q;
    sqlite3_stmt *st;
    int bound; /* parameters bound so far */
    int rc;    /* the first mistake */
};

/* sql: a constant of static storage; its address names the statement, which stays prepared. */
void query_begin(struct query *s, struct connection *q, const char *sql);
/* The same with a statement that the caller keeps; rc is what preparing it gave. */
void query_begin_with(struct query *s, struct connection *q, sqlite3_stmt *st, int rc);
void query_text(struct query *s, struct text value); /* absent: NULL */
void query_blob(struct query *s, const void *data, size_t bytes);
void query_int(struct query *s, int64_t value);
/* 1: a row; 0: the end; -1: failed, err says why. After 0 and -1 the statement is at rest. */
int query_step(struct query *s, struct error *err) MUST_CHECK;
/* Steps once; true when that went well, whether there was a row or not. Ends the query. */
bool query_do(struct query *s, struct error *err) MUST_CHECK;
/* Steps once and ends the query: the integer in the first row, if there is one. */
bool query_ask_int(struct query *s, int64_t *out, struct error *err) MUST_CHECK;
/* A statement without parameters or rows. */
bool query_run(struct connection *q, const char *sql, struct error *err) MUST_CHECK;
void query_end(struct query *s); /* puts the statement to rest; columns are gone */

/* Columns of the row just stepped to, from 0; texts are borrowed until the next step. */
struct text query_column_text(const struct query *s, int i); /* NULL: absent */
int64_t query_column_int(const struct query *s, int i);
/* For ids and names that we wrote ourselves: cut to fit. */
void query_column_copy(const struct query *s, int i, char *out, size_t cap);
void query_column_hash(const struct query *s, int i, unsigned char out[SHA256_BYTES]);
