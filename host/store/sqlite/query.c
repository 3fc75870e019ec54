/* SPDX-License-Identifier: MIT */
#include "store/sqlite/query.h"

#include <assert.h>
#include <string.h>

/* Where the statement of this text is, or is to be kept. */
static size_t find_slot(const struct connection *q, const char *sql)
{
    size_t mask = CONNECTION_STATEMENTS - 1;
    size_t i = ((uintptr_t)sql >> 4) * 0x9e3779b1u >> 8 & mask;
    while (q->statements[i].sql && q->statements[i].sql != sql)
        i = (i + 1) & mask;
    return i;
}

void query_begin(struct query *s, struct connection *q, const char *sql)
{
    size_t i = find_slot(q, sql);
    int rc = SQLITE_OK;
    if (!q->statements[i].st)
        rc = sqlite3_prepare_v3(q->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->statements[i].st,
                                NULL);
    if (rc == SQLITE_OK && !q->statements[i].sql) {
        assert(q->statement_count < CONNECTION_STATEMENTS / 2);
        q->statements[i].sql = sql;
        q->statement_count++;
    }
    query_begin_with(s, q, q->statements[i].st, rc);
}

void query_begin_with(struct query *s, struct connection *q, sqlite3_stmt *st, int rc)
{
    *s = (struct query){.q = q, .st = st, .rc = rc};
}

static void note_mistake(struct query *s, int rc)
{
    if (s->rc == SQLITE_OK)
        s->rc = rc;
}

void query_text(struct query *s, struct text value)
{
    s->bound++;
    if (s->rc != SQLITE_OK)
        return;
    if (!value.data)
        note_mistake(s, sqlite3_bind_null(s->st, s->bound));
    else
        note_mistake(s, sqlite3_bind_text64(s->st, s->bound, value.data, value.len, SQLITE_STATIC,
                                            SQLITE_UTF8));
}

void query_blob(struct query *s, const void *data, size_t bytes)
{
    s->bound++;
    if (s->rc == SQLITE_OK)
        note_mistake(s,
                     sqlite3_bind_blob64(s->st, s->bound, bytes ? data : "", bytes, SQLITE_STATIC));
}

void query_int(struct query *s, int64_t value)
{
    s->bound++;
    if (s->rc == SQLITE_OK)
        note_mistake(s, sqlite3_bind_int64(s->st, s->bound, value));
}

int query_step(struct query *s, struct error *err)
{
    int rc = s->rc != SQLITE_OK ? s->rc : sqlite3_step(s->st);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        connection_fail(s->q, rc, err);
    query_end(s);
    return rc == SQLITE_DONE ? 0 : -1;
}

bool query_do(struct query *s, struct error *err)
{
    bool ok = query_step(s, err) >= 0;
    query_end(s);
    return ok;
}

bool query_ask_int(struct query *s, int64_t *out, struct error *err)
{
    int step = query_step(s, err);
    if (step > 0)
        *out = query_column_int(s, 0);
    query_end(s);
    return step >= 0;
}

bool query_run(struct connection *q, const char *sql, struct error *err)
{
    struct query s;
    query_begin(&s, q, sql);
    return query_do(&s, err);
}

void query_end(struct query *s)
{
    sqlite3_reset(s->st);
}

struct text query_column_text(const struct query *s, int i)
{
    if (sqlite3_column_type(s->st, i) == SQLITE_NULL)
        return TEXT_NONE;
    const void *data = sqlite3_column_blob(s->st, i);
    /* SQLite has no pointer for nothing; ours tells empty from absent by it. */
    return (struct text){data ? data : "", (size_t)sqlite3_column_bytes(s->st, i)};
}

int64_t query_column_int(const struct query *s, int i)
{
    return sqlite3_column_int64(s->st, i);
}

void query_column_copy(const struct query *s, int i, char *out, size_t cap)
{
    struct text t = query_column_text(s, i);
    size_t len = t.len < cap ? t.len : cap - 1;
    if (t.data)
        memcpy(out, t.data, len);
    out[len] = '\0';
}

void query_column_hash(const struct query *s, int i, unsigned char out[SHA256_BYTES])
{
    struct text t = query_column_text(s, i);
    memset(out, 0, SHA256_BYTES);
    if (t.len == SHA256_BYTES)
        memcpy(out, t.data, SHA256_BYTES);
}
