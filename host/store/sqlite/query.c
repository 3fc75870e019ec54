/* SPDX-License-Identifier: MIT */
#include "store/sqlite/query.h"

#include <string.h>

void query_begin(struct query *s, struct sqlite *q, enum sql_statement which)
{
    sqlite3_stmt **st = &q->statements[which];
    int rc = SQLITE_OK;
    if (!*st)
        rc = sqlite3_prepare_v3(q->db, q->sql[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    query_begin_with(s, q, *st, rc);
}

void query_begin_with(struct query *s, struct sqlite *q, sqlite3_stmt *st, int rc)
{
    *s = (struct query){.q = q, .st = st, .rc = rc};
}

static void note(struct query *s, int rc)
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
        note(s, sqlite3_bind_null(s->st, s->bound));
    else
        note(s, sqlite3_bind_text64(s->st, s->bound, value.data, value.len, SQLITE_STATIC,
                                    SQLITE_UTF8));
}

void query_blob(struct query *s, const void *data, size_t bytes)
{
    s->bound++;
    if (s->rc == SQLITE_OK)
        note(s, sqlite3_bind_blob64(s->st, s->bound, bytes ? data : "", bytes, SQLITE_STATIC));
}

void query_int(struct query *s, int64_t value)
{
    s->bound++;
    if (s->rc == SQLITE_OK)
        note(s, sqlite3_bind_int64(s->st, s->bound, value));
}

int query_step(struct query *s, struct error *err)
{
    int rc = s->rc != SQLITE_OK ? s->rc : sqlite3_step(s->st);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        sqlite_fail(s->q, rc, err);
    query_end(s);
    return rc == SQLITE_DONE ? 0 : -1;
}

bool query_do(struct query *s, struct error *err)
{
    bool ok = query_step(s, err) >= 0;
    query_end(s);
    return ok;
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
