/* SPDX-License-Identifier: MIT */
#include "store/sqlite/runs.h"

#include "base/mem.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/store.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A larger event has a row of its own, so that updates of the run's row do not copy it. */
enum { EVENT_INLINE_BYTES = 2048 };

/* ---- the columns */

enum column_type {
    COLUMN_ID,   /* char[ID_BYTES] */
    COLUMN_TEXT, /* struct text */
    COLUMN_LONG, /* struct text that lists leave out when it is long */
    COLUMN_HASH, /* unsigned char[SHA256_BYTES] */
    COLUMN_U32,  /* uint32_t or an enum; given when it is not 0 */
    COLUMN_U64,  /* uint64_t */
    COLUMN_TIME, /* int64_t; given when it is not 0, and -1 clears it */
};
static_assert(sizeof(enum store_status) == sizeof(uint32_t), "status is read as COLUMN_U32");

/* Every column but num and seq: its name, how it is read, its type, and the field that it is in the
 * order, in the acceptance, in the update and in the row that callers get. A new column is a line
 * here, a step in schema.c, and its fields in store.h. */
#define RUN_COLUMNS(X)                                                                         \
    X(run, "run.run", ID, ORDER(run), NONE, NONE, ROW(run))                                    \
    X(project, "run.project", TEXT, NONE, ACCEPT(project), NONE, ROW(project))                 \
    X(trigger, "run.trigger", TEXT, NONE, ACCEPT(trigger), NONE, ROW(trigger))                 \
    X(kind, "run.kind", TEXT, NONE, ACCEPT(kind), NONE, ROW(kind))                             \
    X(session, "run.session", TEXT, NONE, ACCEPT(session), NONE, ROW(session))                 \
    X(parent, "run.parent", TEXT, NONE, ACCEPT(parent), NONE, ROW(parent))                     \
    X(version, "run.version", HASH, NONE, ACCEPT(version), NONE, ROW(version))                 \
    X(seed, "run.seed", U64, NONE, ACCEPT(seed), NONE, ROW(seed))                              \
    X(created_ms, "run.created_ms", TIME, NONE, ACCEPT(created_ms), NONE, ROW(created_ms))     \
    X(event, "coalesce(run.event, event.event)", LONG, NONE, ACCEPT(event), NONE, ROW(event))  \
    X(instruction, "run.instruction", TEXT, NONE, ACCEPT(instruction), UPDATE(instruction),    \
      ROW(instruction))                                                                        \
    X(status, "run.status", U32, NONE, NONE, UPDATE(status), ROW(status))                      \
    X(started_ms, "run.started_ms", TIME, NONE, NONE, UPDATE(started_ms), ROW(started_ms))     \
    X(finished_ms, "run.finished_ms", TIME, NONE, NONE, UPDATE(finished_ms), ROW(finished_ms)) \
    X(wake_ms, "run.wake_ms", TIME, NONE, NONE, UPDATE(wake_ms), ROW(wake_ms))                 \
    X(steps, "run.steps", U32, NONE, NONE, UPDATE(steps), ROW(steps))                          \
    X(result, "run.result", LONG, NONE, NONE, UPDATE(result), ROW(result))                     \
    X(error_code, "run.error_code", TEXT, NONE, NONE, UPDATE(error_code), ROW(error_code))     \
    X(error_message, "run.error_message", TEXT, NONE, NONE, UPDATE(error_message),             \
      ROW(error_message))                                                                      \
    X(error_at, "run.error_at", TEXT, NONE, NONE, UPDATE(error_at), ROW(error_at))             \
    X(owner, "coalesce(run.owner, (SELECT id FROM host))", TEXT, NONE, NONE, UPDATE(owner),    \
      ROW(owner))                                                                              \
    X(waiting, "nullif(run.waiting, '')", TEXT, NONE, NONE, UPDATE(waiting), ROW(waiting))

static const struct column {
    const char *name;
    enum column_type type;
    size_t order, accept, update, row; /* offsets; NONE: not there */
} columns[] = {
#define NONE          SIZE_MAX
#define ORDER(field)  offsetof(struct store_order, field)
#define ACCEPT(field) offsetof(struct store_accept, field)
#define UPDATE(field) offsetof(struct store_update, field)
#define ROW(field)    offsetof(struct store_run, field)
#define COLUMN(name, read, type, order, accept, update, row) \
    {#name, COLUMN_##type, order, accept, update, row},
    RUN_COLUMNS(COLUMN)};

#define COLUMN_NAME(name, ...)       #name ", "
#define COLUMN_MARK(name, ...)       "?, "
#define COLUMN_READ(name, read, ...) read ", "
#define RUN_ROW                                                     \
    "SELECT " RUN_COLUMNS(COLUMN_READ) JOURNAL_LAST_SEQ " FROM run" \
                                                        " LEFT JOIN event ON event.num = run.num"

static const char run_insert[] =
    "INSERT INTO run(" RUN_COLUMNS(COLUMN_NAME) "seq) VALUES(" RUN_COLUMNS(COLUMN_MARK) "?)";
static const char event_insert[] = "INSERT INTO event(num, event) VALUES(?1, ?2)";
static const char run_find[] = "SELECT num, " JOURNAL_LAST_SEQ " FROM run WHERE run = ?1";
static const char run_by_id[] = RUN_ROW " WHERE run.run = ?1";
const char runs_by_number[] = RUN_ROW " WHERE run.num = ?1";

enum { SEQ_COLUMN = ARRAY_LEN(columns) }; /* in a row, and the bit of a set */
static_assert(SEQ_COLUMN < 32, "a set of columns is an unsigned");

/* ---- fields of structs */

static uint32_t field_u32(const void *from, size_t offset)
{
    uint32_t v;
    memcpy(&v, (const char *)from + offset, sizeof v);
    return v;
}

static int64_t field_i64(const void *from, size_t offset)
{
    int64_t v;
    memcpy(&v, (const char *)from + offset, sizeof v);
    return v;
}

static struct text field_text(const void *from, size_t offset)
{
    struct text v;
    memcpy(&v, (const char *)from + offset, sizeof v);
    return v;
}

static bool field_given(const struct column *c, const void *from, size_t offset)
{
    if (offset == NONE)
        return false;
    if (c->type == COLUMN_U32)
        return field_u32(from, offset) != 0;
    if (c->type == COLUMN_TIME)
        return field_i64(from, offset) != 0;
    return field_text(from, offset).data != NULL; /* no update has a field of another type */
}

static void bind_field(struct query *s, const struct column *c, const void *from, size_t offset)
{
    int64_t number;
    switch (c->type) {
    case COLUMN_ID:
        query_text(s, text_of((const char *)from + offset));
        break;
    case COLUMN_TEXT:
    case COLUMN_LONG:
        query_text(s, field_text(from, offset));
        break;
    case COLUMN_HASH:
        query_blob(s, (const char *)from + offset, SHA256_BYTES);
        break;
    case COLUMN_U32:
        query_int(s, field_u32(from, offset));
        break;
    case COLUMN_U64:
        query_int(s, field_i64(from, offset));
        break;
    case COLUMN_TIME:
        number = field_i64(from, offset);
        query_int(s, number < 0 ? 0 : number);
        break;
    }
}

/* ---- writing */

static uint64_t last_seq(const struct store_order *o)
{
    return o->count ? o->first + o->count - 1 : 0;
}

/* What a new row says: the update over the defaults. The owner stays NULL, which reads as this
 * file's host: an id in each row would cost every run its bytes, and nobody else writes here. */
static struct store_update first_update(const struct store_order *o)
{
    struct store_update u = o->update;
    if (!u.status)
        u.status = STORE_QUEUED;
    return u;
}

static bool insert_event(struct connection *q, int64_t num, struct text event, struct error *err)
{
    struct query s;
    query_begin(&s, q, event_insert);
    query_int(&s, num);
    query_text(&s, event);
    return query_do(&s, err);
}

bool runs_insert(struct connection *q, const struct store_order *o, int64_t *num, struct error *err)
{
    const struct store_update u = first_update(o);
    struct store_accept in = *o->accept;
    bool apart = in.event.len > EVENT_INLINE_BYTES;
    struct query s;
    if (apart)
        in.event = TEXT_NONE;
    query_begin(&s, q, run_insert);
    for (const struct column *c = columns; c < columns + ARRAY_LEN(columns); c++) {
        if (c->order != NONE)
            bind_field(&s, c, o, c->order);
        else if (c->accept != NONE && !field_given(c, &u, c->update))
            bind_field(&s, c, &in, c->accept);
        else
            bind_field(&s, c, &u, c->update);
    }
    query_int(&s, (int64_t)last_seq(o));
    if (!query_do(&s, err))
        return false;
    *num = sqlite3_last_insert_rowid(q->db);
    return !apart || insert_event(q, *num, o->accept->event, err);
}

bool runs_find(struct connection *q, const char *run, int64_t *num, uint64_t *last,
               struct error *err)
{
    struct query s;
    query_begin(&s, q, run_find);
    query_text(&s, text_of(run));
    int step = query_step(&s, err);
    if (step < 0)
        return false;
    if (step == 0)
        return error_set(err, ERROR_MISSING, "there is no run %s", run);
    *num = query_column_int(&s, 0);
    *last = (uint64_t)query_column_int(&s, 1);
    query_end(&s);
    return true;
}

static int prepare_update(struct connection *q, unsigned set, sqlite3_stmt **st)
{
    char sql[512] = "UPDATE run SET ";
    size_t len = strlen(sql);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        if (set & 1u << i)
            len += (size_t)snprintf(sql + len, sizeof sql - len, "%s = ?, ", columns[i].name);
    if (set & 1u << SEQ_COLUMN)
        len += (size_t)snprintf(sql + len, sizeof sql - len, "seq = ?, ");
    assert(len + sizeof " WHERE num = ?" < sizeof sql);
    snprintf(sql + len - 2, sizeof sql - len + 2, " WHERE num = ?");
    return sqlite3_prepare_v3(q->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
}

/* The statement that writes this set of columns, kept for the next time. */
static int find_update(struct connection *q, struct run_updates *u, unsigned set, sqlite3_stmt **st)
{
    for (size_t i = 0; i < u->count; i++)
        if (u->kept[i].set == set) {
            *st = u->kept[i].st;
            return SQLITE_OK;
        }
    int rc = prepare_update(q, set, st);
    if (rc != SQLITE_OK)
        return rc;
    if (u->count == ARRAY_LEN(u->kept)) /* the one made last makes room */
        sqlite3_finalize(u->kept[--u->count].st);
    u->kept[u->count].set = set;
    u->kept[u->count++].st = *st;
    return SQLITE_OK;
}

void runs_updates_done(struct run_updates *u)
{
    for (size_t i = 0; i < u->count; i++)
        sqlite3_finalize(u->kept[i].st);
    u->count = 0;
}

bool runs_update(struct connection *q, struct run_updates *kept, const struct store_order *o,
                 int64_t num, struct error *err)
{
    struct store_update u = o->update;
    if (store_status_final(u.status)) { /* a finished run neither waits nor wakes */
        u.wake_ms = -1;
        u.waiting = TEXT("");
    }
    unsigned set = 0;
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        if (field_given(&columns[i], &u, columns[i].update))
            set |= 1u << i;
    if (!set)
        return true; /* a chunk alone leaves the row as it is: see JOURNAL_LAST_SEQ */
    if (o->count)
        set |= 1u << SEQ_COLUMN;
    sqlite3_stmt *st = NULL;
    int rc = find_update(q, kept, set, &st);
    struct query s;
    query_begin_with(&s, q, st, rc);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        if (set & 1u << i)
            bind_field(&s, &columns[i], &u, columns[i].update);
    if (o->count)
        query_int(&s, (int64_t)last_seq(o));
    query_int(&s, num);
    return query_do(&s, err);
}

/* ---- reading */

static struct text keep_column(const struct query *s, int i, size_t text_max, struct keep *keep,
                               bool *cut)
{
    struct text t = query_column_text(s, i);
    if (t.len <= text_max)
        return keep_text(keep, t);
    *cut = true;
    return TEXT_NONE;
}

static void read_column(const struct query *s, int i, size_t text_max, struct keep *keep,
                        struct store_run *out)
{
    const struct column *c = &columns[i];
    char *to = (char *)out + c->row;
    int64_t number = query_column_int(s, i);
    uint32_t small = (uint32_t)number;
    struct text text;
    switch (c->type) {
    case COLUMN_ID:
        query_column_copy(s, i, to, ID_BYTES);
        break;
    case COLUMN_TEXT:
        text = keep_text(keep, query_column_text(s, i));
        memcpy(to, &text, sizeof text);
        break;
    case COLUMN_LONG:
        text = keep_column(s, i, text_max, keep, &out->cut);
        memcpy(to, &text, sizeof text);
        break;
    case COLUMN_HASH:
        query_column_hash(s, i, (unsigned char *)to);
        break;
    case COLUMN_U32:
        memcpy(to, &small, sizeof small);
        break;
    case COLUMN_U64:
    case COLUMN_TIME:
        memcpy(to, &number, sizeof number);
        break;
    }
}

void runs_read_row(const struct query *s, size_t text_max, struct keep *keep, struct store_run *out)
{
    *out = (struct store_run){0};
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        if (columns[i].row != NONE)
            read_column(s, (int)i, text_max, keep, out);
    out->seq = (uint64_t)query_column_int(s, SEQ_COLUMN);
}

struct run_get {
    struct read read;
    char run[ID_BYTES];
    bool found;
    struct store_run row;
    store_run_fn fn;
    void *arg;
};

static bool read_run(struct read *r, struct connection *q, struct error *err)
{
    struct run_get *g = CONTAINER_OF(r, struct run_get, read);
    struct query s;
    query_begin(&s, q, run_by_id);
    query_text(&s, text_of(g->run));
    int step = query_step(&s, err);
    g->found = step > 0;
    if (g->found)
        runs_read_row(&s, SIZE_MAX, &r->keep, &g->row);
    query_end(&s);
    return step >= 0;
}

static void answer_run(struct read *r)
{
    struct run_get *g = CONTAINER_OF(r, struct run_get, read);
    g->fn(g->arg, g->found && !r->failed ? &g->row : NULL, read_error(r));
}

void sqlite_get_run(struct store *s, const char *run, store_run_fn fn, void *arg)
{
    struct run_get *g = mem_zero(1, sizeof *g);
    g->read.run = read_run;
    g->read.answer = answer_run;
    g->fn = fn;
    g->arg = arg;
    /* A longer name is no run's: cut, it is none either, as ids never fill the room. */
    strncpy(g->run, run, sizeof g->run - 1);
    read_start(s, &g->read);
}
