/* SPDX-License-Identifier: MIT */
#include "store/sqlite/apply.h"

#include "store/sqlite/inbox.h"
#include "store/sqlite/query.h"
#include "store/sqlite/repeat.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A larger event has a row of its own, so that updates of the run's row do not copy it. */
enum { EVENT_INLINE_BYTES = 2048 };
enum { CHUNK_MAX_BYTES = 8 << 20 };

/* The fields of struct store_update as columns, in the order of SQL_RUN_INSERT. */
static const struct column {
    const char *name;
    enum column_type { COLUMN_U32, COLUMN_TIME, COLUMN_TEXT } type;
    size_t offset;
} columns[APPLY_COLUMNS] = {
    {"status", COLUMN_U32, offsetof(struct store_update, status)},
    {"started_ms", COLUMN_TIME, offsetof(struct store_update, started_ms)},
    {"finished_ms", COLUMN_TIME, offsetof(struct store_update, finished_ms)},
    {"wake_ms", COLUMN_TIME, offsetof(struct store_update, wake_ms)},
    {"steps", COLUMN_U32, offsetof(struct store_update, steps)},
    {"instruction", COLUMN_TEXT, offsetof(struct store_update, instruction)},
    {"result", COLUMN_TEXT, offsetof(struct store_update, result)},
    {"error_code", COLUMN_TEXT, offsetof(struct store_update, error_code)},
    {"error_message", COLUMN_TEXT, offsetof(struct store_update, error_message)},
    {"error_at", COLUMN_TEXT, offsetof(struct store_update, error_at)},
    {"owner", COLUMN_TEXT, offsetof(struct store_update, owner)},
    {"waiting", COLUMN_TEXT, offsetof(struct store_update, waiting)},
};
static_assert(sizeof(enum store_status) == sizeof(uint32_t), "status is read as COLUMN_U32");

void apply_init(struct apply *a, struct sqlite *q, const char *host)
{
    *a = (struct apply){.q = q, .host = host};
}

void apply_done(struct apply *a)
{
    for (size_t i = 0; i < a->update_count; i++)
        sqlite3_finalize(a->updates[i].st);
    *a = (struct apply){0};
}

static uint32_t field_u32(const struct store_update *u, const struct column *c)
{
    uint32_t v;
    memcpy(&v, (const char *)u + c->offset, sizeof v);
    return v;
}

static int64_t field_time(const struct store_update *u, const struct column *c)
{
    int64_t v;
    memcpy(&v, (const char *)u + c->offset, sizeof v);
    return v;
}

static struct text field_text(const struct store_update *u, const struct column *c)
{
    struct text v;
    memcpy(&v, (const char *)u + c->offset, sizeof v);
    return v;
}

static bool field_given(const struct store_update *u, const struct column *c)
{
    if (c->type == COLUMN_U32)
        return field_u32(u, c) != 0;
    if (c->type == COLUMN_TIME)
        return field_time(u, c) != 0;
    return field_text(u, c).data != NULL;
}

static void bind_field(struct query *s, const struct store_update *u, const struct column *c)
{
    if (c->type == COLUMN_U32)
        query_int(s, field_u32(u, c));
    else if (c->type == COLUMN_TIME)
        query_int(s, field_time(u, c) < 0 ? 0 : field_time(u, c)); /* -1 clears */
    else
        query_text(s, field_text(u, c));
}

/* ---- claims */

static bool find_repeated(struct apply *a, struct store_order *o, struct error *err)
{
    return repeat_find(a->q, o->accept, &o->outcome, o->existing, err) &&
           (o->outcome != STORE_DONE ||
            error_set(err, ERROR_INTERNAL, "an idempotency key went away while in use"));
}

static bool claim_idempotency(struct apply *a, struct store_order *o, struct error *err)
{
    const struct store_accept *in = o->accept;
    struct query s;
    query_begin(&s, a->q, SQL_IDEMPOTENCY_CLAIM);
    repeat_bind(&s, in);
    query_blob(&s, in->body_hash, SHA256_BYTES);
    query_text(&s, text_of(o->run));
    query_int(&s, in->created_ms);
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(a->q->db) > 0 || find_repeated(a, o, err);
}

static bool drop_idempotency(struct apply *a, const struct store_order *o, struct error *err)
{
    struct query s;
    query_begin(&s, a->q, SQL_IDEMPOTENCY_DROP);
    repeat_bind(&s, o->accept);
    return query_do(&s, err);
}

static bool find_duplicate(struct apply *a, struct store_order *o, struct error *err)
{
    struct query s;
    query_begin(&s, a->q, SQL_UNIQUE_FIND);
    query_text(&s, o->accept->project);
    query_text(&s, o->accept->trigger);
    query_blob(&s, o->accept->fingerprint, SHA256_BYTES);
    int step = query_step(&s, err);
    if (step == 0)
        return error_set(err, ERROR_INTERNAL, "a unique claim went away while in use");
    if (step < 0)
        return false;
    query_column_copy(&s, 0, o->existing, sizeof o->existing);
    o->outcome = STORE_DUPLICATE;
    query_end(&s);
    return true;
}

static bool claim_unique(struct apply *a, struct store_order *o, struct error *err)
{
    const struct store_accept *in = o->accept;
    struct query s;
    query_begin(&s, a->q, SQL_UNIQUE_CLAIM);
    query_text(&s, in->project);
    query_text(&s, in->trigger);
    query_blob(&s, in->fingerprint, SHA256_BYTES);
    query_int(&s, in->unique_until_ms);
    query_text(&s, text_of(o->run));
    query_int(&s, in->created_ms);
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(a->q->db) > 0 || find_duplicate(a, o, err);
}

/* Nothing else has been written yet; the unique claim comes last since it may replace an expired
 * one, which could not be undone by a statement. */
static bool claim(struct apply *a, struct store_order *o, struct error *err)
{
    bool named = o->accept->idempotency_key.data != NULL;
    if (named && !claim_idempotency(a, o, err))
        return false;
    if (o->outcome != STORE_DONE || !o->accept->unique)
        return true;
    if (!claim_unique(a, o, err))
        return false;
    return o->outcome == STORE_DONE || !named || drop_idempotency(a, o, err);
}

/* ---- the run's row */

/* What a new row says: the update over the defaults. */
static struct store_update first_state(const struct apply *a, const struct store_order *o)
{
    struct store_update u = o->update;
    if (!u.owner.data)
        u.owner = text_of(a->host);
    if (!u.status)
        u.status = STORE_QUEUED;
    if (!u.instruction.data)
        u.instruction = o->accept->instruction;
    return u;
}

static uint64_t last_seq(const struct store_order *o)
{
    return o->count ? o->first + o->count - 1 : 0;
}

static bool insert_event(struct apply *a, const struct store_order *o, int64_t num,
                         struct error *err)
{
    struct query s;
    query_begin(&s, a->q, SQL_EVENT_INSERT);
    query_int(&s, num);
    query_text(&s, o->accept->event);
    return query_do(&s, err);
}

static bool insert_run(struct apply *a, const struct store_order *o, int64_t *num,
                       struct error *err)
{
    const struct store_accept *in = o->accept;
    const struct store_update u = first_state(a, o);
    bool apart = in->event.len > EVENT_INLINE_BYTES;
    struct query s;
    query_begin(&s, a->q, SQL_RUN_INSERT);
    query_text(&s, text_of(o->run));
    query_text(&s, in->project);
    query_text(&s, in->trigger);
    query_text(&s, in->kind);
    query_text(&s, in->session);
    query_text(&s, apart ? TEXT_NONE : in->event);
    query_text(&s, in->parent);
    query_blob(&s, in->version, SHA256_BYTES);
    query_int(&s, (int64_t)in->seed);
    query_int(&s, in->created_ms);
    query_int(&s, (int64_t)last_seq(o));
    for (size_t i = 0; i < APPLY_COLUMNS; i++)
        bind_field(&s, &u, &columns[i]);
    if (!query_do(&s, err))
        return false;
    *num = sqlite3_last_insert_rowid(a->q->db);
    return !apart || insert_event(a, o, *num, err);
}

static bool find_run(struct apply *a, const struct store_order *o, int64_t *num, uint64_t *last,
                     struct error *err)
{
    struct query s;
    query_begin(&s, a->q, SQL_RUN_FIND);
    query_text(&s, text_of(o->run));
    int step = query_step(&s, err);
    if (step < 0)
        return false;
    if (step == 0)
        return error_set(err, ERROR_MISSING, "there is no run %s", o->run);
    *num = query_column_int(&s, 0);
    *last = (uint64_t)query_column_int(&s, 1);
    query_end(&s);
    return true;
}

static int prepare_update(struct apply *a, unsigned set, sqlite3_stmt **st)
{
    char sql[512] = "UPDATE run SET ";
    size_t len = strlen(sql);
    for (size_t i = 0; i < APPLY_COLUMNS; i++)
        if (set & 1u << i)
            len += (size_t)snprintf(sql + len, sizeof sql - len, "%s = ?, ", columns[i].name);
    if (set & 1u << APPLY_COLUMNS)
        len += (size_t)snprintf(sql + len, sizeof sql - len, "seq = ?, ");
    assert(len + sizeof " WHERE num = ?" < sizeof sql);
    snprintf(sql + len - 2, sizeof sql - len + 2, " WHERE num = ?");
    return sqlite3_prepare_v3(a->q->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
}

/* The statement that writes this set of columns, kept for the next time. */
static int find_update(struct apply *a, unsigned set, sqlite3_stmt **st)
{
    for (size_t i = 0; i < a->update_count; i++)
        if (a->updates[i].set == set) {
            *st = a->updates[i].st;
            return SQLITE_OK;
        }
    int rc = prepare_update(a, set, st);
    if (rc != SQLITE_OK)
        return rc;
    if (a->update_count == APPLY_UPDATES) /* the one made last makes room */
        sqlite3_finalize(a->updates[--a->update_count].st);
    a->updates[a->update_count++] = (struct apply_update){set, *st};
    return SQLITE_OK;
}

static bool update_run(struct apply *a, const struct store_order *o, int64_t num, struct error *err)
{
    struct store_update u = o->update;
    if (store_status_final(u.status)) { /* a finished run neither waits nor wakes */
        u.wake_ms = -1;
        u.waiting = TEXT("");
    }
    unsigned set = 0;
    for (size_t i = 0; i < APPLY_COLUMNS; i++)
        if (field_given(&u, &columns[i]))
            set |= 1u << i;
    if (!set)
        return true; /* a chunk alone leaves the row as it is: see LAST_SEQ in sql.c */
    if (o->count)
        set |= 1u << APPLY_COLUMNS;
    sqlite3_stmt *st = NULL;
    int rc = find_update(a, set, &st);
    struct query s;
    query_begin_with(&s, a->q, st, rc);
    for (size_t i = 0; i < APPLY_COLUMNS; i++)
        if (set & 1u << i)
            bind_field(&s, &u, &columns[i]);
    if (o->count)
        query_int(&s, (int64_t)last_seq(o));
    query_int(&s, num);
    return query_do(&s, err);
}

/* ---- the chunk */

static bool check_chunk(const struct store_order *o, uint64_t last, struct error *err)
{
    if (o->count == 0)
        return true;
    if (o->first != last + 1)
        return error_set(err, ERROR_INTERNAL, "run %s: a chunk begins at %llu, expected %llu",
                         o->run, (unsigned long long)o->first, (unsigned long long)last + 1);
    if (o->first + o->count - 1 > JOURNAL_SEQ_MAX)
        return error_set(err, ERROR_LIMIT, "run %s: more than %llu journal records", o->run,
                         (unsigned long long)JOURNAL_SEQ_MAX);
    if (o->chunk.len > CHUNK_MAX_BYTES)
        return error_set(err, ERROR_LIMIT, "run %s: a chunk of %zu bytes, more than %d", o->run,
                         o->chunk.len, CHUNK_MAX_BYTES);
    return true;
}

static bool insert_chunk(struct apply *a, const struct store_order *o, int64_t num,
                         struct error *err)
{
    if (o->count == 0)
        return true;
    struct query s;
    query_begin(&s, a->q, SQL_JOURNAL_INSERT);
    query_int(&s, num << JOURNAL_SEQ_BITS | (int64_t)o->first);
    query_int(&s, o->count);
    query_blob(&s, o->chunk.data, o->chunk.len);
    return query_do(&s, err);
}

/* What the run has taken of its inbox; a run that ends takes all. */
static bool take_inbox(struct apply *a, const struct store_order *o, int64_t num, struct error *err)
{
    if (store_status_final(o->update.status))
        return inbox_take(a->q, num, INT64_MAX, err);
    return o->inbox_taken <= 0 || inbox_take(a->q, num, o->inbox_taken, err);
}

bool apply_order(struct apply *a, struct store_order *o, struct error *err)
{
    int64_t num = 0;
    uint64_t last = 0;
    o->outcome = STORE_DONE;
    o->existing[0] = '\0';
    if (o->inbox)
        return inbox_apply(a->q, o, err);
    if (o->accept) {
        if (!check_chunk(o, 0, err) || !claim(a, o, err))
            return false;
        if (o->outcome != STORE_DONE)
            return true;
        if (!insert_run(a, o, &num, err))
            return false;
    } else if (!find_run(a, o, &num, &last, err) || !check_chunk(o, last, err) ||
               !update_run(a, o, num, err) || !take_inbox(a, o, num, err)) {
        return false;
    }
    return insert_chunk(a, o, num, err);
}
