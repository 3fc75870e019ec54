/* SPDX-License-Identifier: MIT */
#include "store/sqlite/schema.h"

#include <stdio.h>

/* "moon" in ASCII. */
#define SCHEMA_APPLICATION 0x6d6f6f6e

/* Notes on 001:
 * - run has an integer key and its id in an index beside it: measured faster than WITHOUT ROWID
 *   with the id as key (rows of 1 to 8 KB need no overflow page, indexes are smaller).
 * - event holds the events that are too large for the run's row, which is rewritten at each update.
 * - journal is filled at its end, whichever run a chunk is of; journal_pos (run.num << 24 | first
 *   sequence number, sql.h) finds a run's chunks. Keyed by pos alone, each chunk of 256 runs that
 *   take turns dirtied a page of its own: 18 us an order on a memory disk, against 4 us like this.
 * - run_trigger has the status behind the number, so that lists by status need no table rows.
 * - run_open and run_wake hold unfinished runs alone: a finished run costs them nothing. */
static const char schema_001[] =
    "CREATE TABLE run("
    " num INTEGER PRIMARY KEY,"
    " run TEXT NOT NULL UNIQUE,"
    " project TEXT NOT NULL,"
    " trigger TEXT NOT NULL,"
    " kind TEXT NOT NULL,"
    " session TEXT,"
    " version BLOB NOT NULL,"
    " seed INTEGER NOT NULL,"
    " status INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " started_ms INTEGER NOT NULL,"
    " finished_ms INTEGER NOT NULL,"
    " wake_ms INTEGER NOT NULL,"
    " steps INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " parent TEXT,"
    " error_code TEXT,"
    " error_message TEXT,"
    " error_at TEXT,"
    " instruction TEXT,"
    " event TEXT,"
    " result TEXT);"
    "CREATE INDEX run_trigger ON run(project, trigger, num, status);"
    "CREATE INDEX run_session ON run(session) WHERE session IS NOT NULL;"
    "CREATE INDEX run_open ON run(num, status, wake_ms) WHERE status <= 3;"
    "CREATE INDEX run_wake ON run(wake_ms) WHERE wake_ms > 0;"
    "CREATE TABLE event(num INTEGER PRIMARY KEY, event TEXT NOT NULL);"
    "CREATE TABLE journal("
    " id INTEGER PRIMARY KEY,"
    " pos INTEGER NOT NULL,"
    " count INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "CREATE INDEX journal_pos ON journal(pos, count);"
    "CREATE TABLE claim("
    " project TEXT NOT NULL,"
    " trigger TEXT NOT NULL,"
    " fingerprint BLOB NOT NULL,"
    " until_ms INTEGER NOT NULL,"
    " run TEXT NOT NULL,"
    " PRIMARY KEY(project, trigger, fingerprint)) WITHOUT ROWID;"
    "CREATE TABLE idempotency("
    " caller TEXT NOT NULL,"
    " project TEXT NOT NULL,"
    " trigger TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " body_hash BLOB NOT NULL,"
    " run TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " PRIMARY KEY(caller, project, trigger, key)) WITHOUT ROWID;"
    "CREATE TABLE version("
    " hash BLOB PRIMARY KEY,"
    " project TEXT NOT NULL,"
    " trigger TEXT NOT NULL,"
    " bundle BLOB NOT NULL);"
    "CREATE TABLE api_key("
    " id TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE,"
    " permissions INTEGER NOT NULL,"
    " projects TEXT NOT NULL,"
    " default_project TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " revoked_ms INTEGER NOT NULL);";

/* sealed: what secrets/seal.h makes of a value; no value is ever here in the clear. */
static const char schema_002[] = "CREATE TABLE secret("
                                 " name TEXT PRIMARY KEY,"
                                 " hosts TEXT NOT NULL,"
                                 " sealed BLOB NOT NULL,"
                                 " created_ms INTEGER NOT NULL,"
                                 " updated_ms INTEGER NOT NULL) WITHOUT ROWID;";

/* - pause is keyed by the folded trigger key: it outlives the script's file.
 * - audit is read from its end; rows are never changed. */
static const char schema_003[] =
    "ALTER TABLE api_key ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE api_key ADD COLUMN used_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE pause("
    " project TEXT NOT NULL,"
    " trigger TEXT NOT NULL,"
    " by TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " PRIMARY KEY(project, trigger)) WITHOUT ROWID;"
    "CREATE TABLE audit("
    " num INTEGER PRIMARY KEY,"
    " at_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " target TEXT NOT NULL,"
    " detail TEXT,"
    " request TEXT);";

/* Secrets that open the webhook address of one trigger, at most two of them alive. trigger is the
 * key in lower case. */
static const char schema_004[] =
    "CREATE TABLE webhook("
    " id TEXT PRIMARY KEY,"
    " project TEXT NOT NULL,"
    " trigger TEXT NOT NULL,"
    " hash BLOB NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " revoked_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX webhook_trigger ON webhook(project, trigger, created_ms);"
    /* What was said in a session, in order. A step that is performed again says it once. */
    "CREATE TABLE session_message("
    " num INTEGER PRIMARY KEY,"
    " project TEXT NOT NULL,"
    " session TEXT NOT NULL,"
    " run TEXT NOT NULL,"
    " step INTEGER NOT NULL,"
    " role TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL);"
    "CREATE INDEX session_order ON session_message(project, session, num);"
    "CREATE UNIQUE INDEX session_once ON session_message(run, step, role);";

/* Of widget keys: domain/origin.h. */
static const char schema_005[] = "ALTER TABLE api_key ADD COLUMN origins TEXT NOT NULL DEFAULT '';";

/* Calls a minute; 0: any number. */
static const char schema_006[] =
    "ALTER TABLE api_key ADD COLUMN per_minute INTEGER NOT NULL DEFAULT 0;";

/* - run.owner NULL: the only host of this file.
 * - inbox is keyed by the run's number. AUTOINCREMENT: an id that was taken never comes again, so
 *   that "taken up to this id" cannot mean a row that came later. */
static const char schema_007[] =
    "ALTER TABLE run ADD COLUMN owner TEXT;"
    "ALTER TABLE run ADD COLUMN waiting TEXT;"
    "CREATE TABLE host(id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE inbox("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " num INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " data TEXT,"
    " at_ms INTEGER NOT NULL);"
    "CREATE INDEX inbox_run ON inbox(num, id);";

const char *const schema_steps[] = {schema_001, schema_002, schema_003, schema_004,
                                    schema_005, schema_006, schema_007};
const size_t schema_steps_count = ARRAY_LEN(schema_steps);

/* Refuses another program's database and one of a newer version; says which version it has. */
static bool check_database(struct connection *q, size_t known, int64_t *version, struct error *err)
{
    int64_t application = 0, tables = 0;
    if (!connection_ask_int(q, "PRAGMA application_id", &application, err) ||
        !connection_ask_int(q, "PRAGMA user_version", version, err) ||
        !connection_ask_int(q, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    bool fresh = application == 0 && *version == 0 && tables == 0;
    if (!fresh && application != SCHEMA_APPLICATION)
        return error_set(err, ERROR_INVALID,
                         "%s is the database of another program; move it away, or give another "
                         "folder with --data",
                         q->path);
    if (*version < 0 || (uint64_t)*version > known)
        return error_set(err, ERROR_INVALID,
                         "%s was written by a newer moontide (schema %lld, this one knows up to "
                         "%zu); run that version, or give another folder with --data",
                         q->path, (long long)*version, known);
    return true;
}

bool schema_current(struct connection *q, size_t count, struct error *err)
{
    int64_t version;
    return check_database(q, count, &version, err);
}

static bool take_step(struct connection *q, const char *const *steps, size_t count, bool *more,
                      struct error *err)
{
    int64_t version;
    if (!check_database(q, count, &version, err))
        return false;
    *more = (size_t)version < count;
    if (!*more)
        return true;
    char pragmas[96];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             SCHEMA_APPLICATION, (int)version + 1);
    return connection_exec(q, steps[version], err) && connection_exec(q, pragmas, err);
}

bool schema_migrate(struct connection *q, const char *const *steps, size_t count, struct error *err)
{
    int64_t version;
    if (!check_database(q, count, &version, err))
        return false;
    bool more = (size_t)version < count;
    while (more) {
        /* Looked at again inside: another process may have been first. */
        if (!connection_exec(q, "BEGIN IMMEDIATE", err) ||
            !take_step(q, steps, count, &more, err) || !connection_exec(q, "COMMIT", err)) {
            connection_rollback(q);
            return error_context(err, "bringing the database up to date");
        }
    }
    return true;
}
