/* SPDX-License-Identifier: MIT */
#include "store/sqlite/connection.h"

#include "base/mem.h"
#include "store/sqlite/folder.h"
#include "store/sqlite/schema.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long to wait for a lock that another process (the CLI beside the host) holds. */
enum { SQLITE_BUSY_MS = 5000 };

static void configure_library(void)
{
    /* Memory statistics take a global lock at each allocation. Refused when somebody in this
     * process has used SQLite before: no harm. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool connection_open_file(struct connection *q, const char *data, const char *path,
                          struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    *q = (struct connection){.path = mem_text(path), .data = mem_text(data)};
    int rc = sqlite3_open_v2(path, &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "unix");
    if (rc != SQLITE_OK) {
        connection_fail(q, rc, err);
        connection_close(q);
        return false;
    }
    sqlite3_busy_timeout(q->db, SQLITE_BUSY_MS);
    return true;
}

void connection_close(struct connection *q)
{
    for (size_t i = 0; i < ARRAY_LEN(q->statements); i++)
        sqlite3_finalize(q->statements[i].st);
    sqlite3_close(q->db);
    free(q->path);
    free(q->data);
    *q = (struct connection){0};
}

/* What to tell about each primary result code. %s: the database file. */
static const struct failure {
    int rc;
    enum error_code code;
    bool badly; /* not the statement's fault */
    const char *format;
} failures[] = {
    {SQLITE_BUSY, ERROR_BUSY, true,
     "%s is locked by another process; try again when that has finished"},
    {SQLITE_LOCKED, ERROR_BUSY, true, "%s is locked; try again"},
    {SQLITE_PROTOCOL, ERROR_BUSY, true, "%s is locked by another process; try again"},
    {SQLITE_CORRUPT, ERROR_IO, true,
     "%s is damaged; stop moontide and put a copy back, or move the file away to start empty"},
    {SQLITE_NOTADB, ERROR_IO, true,
     "%s is not a database; move it away, or give another folder with --data"},
    {SQLITE_READONLY, ERROR_IO, true,
     "%s cannot be written; check the owner and mode of the folder and of the file"},
    {SQLITE_PERM, ERROR_IO, true, "%s cannot be used; check its owner and mode"},
    {SQLITE_CANTOPEN, ERROR_IO, true,
     "%s cannot be opened; check the owner and mode of the folder and of the file"},
    {SQLITE_NOMEM, ERROR_IO, true, "%s: out of memory"},
    {SQLITE_CONSTRAINT, ERROR_EXISTS, false, "%s: refused by a constraint"},
};

static const struct failure *failure_of(int rc)
{
    for (size_t i = 0; i < ARRAY_LEN(failures); i++)
        if (failures[i].rc == (rc & 0xff))
            return &failures[i];
    return NULL;
}

/* What the system said to the last write that failed. sqlite3_system_errno would be errno as the
 * rollback after the failure left it; the files themselves remember. Commits go to the log. */
static int write_errno(struct connection *q)
{
    sqlite3_file *file = NULL;
    int errnum = 0;
    sqlite3_file_control(q->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &errnum);
    if (errnum == 0)
        sqlite3_file_control(q->db, "main", SQLITE_FCNTL_LAST_ERRNO, &errnum);
    return errnum;
}

/* Quotas and file size limits come as plain I/O errors. */
static bool is_full(int rc, int errnum)
{
    if ((rc & 0xff) == SQLITE_FULL)
        return true;
    return (rc & 0xff) == SQLITE_IOERR && (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG);
}

bool connection_fail(struct connection *q, int rc, struct error *err)
{
    q->code = rc & 0xff;
    int errnum = q->db && q->code == SQLITE_IOERR ? write_errno(q) : 0;
    if (is_full(rc, errnum))
        return error_set(err, ERROR_IO,
                         "disk full: %s cannot grow; free space in \"%s\", then moontide goes on "
                         "by itself",
                         q->path, q->data);
    if (q->code == SQLITE_IOERR) {
        error_errno(err, errnum ? errnum : EIO, "%s cannot be read or written; check the disk",
                    q->path);
        if (err)
            err->code = ERROR_IO;
        return false;
    }
    const char *detail = q->db ? sqlite3_errmsg(q->db) : sqlite3_errstr(rc);
    const struct failure *f = failure_of(rc);
    if (!f)
        return error_set(err, ERROR_INTERNAL, "%s: %s", q->path, detail);
    if (!f->badly)
        return error_set(err, f->code, "%s: %s", q->path, detail);
    char text[ERROR_TEXT];
    sqlite3_snprintf(sizeof text, text, f->format, q->path);
    return error_set(err, f->code, "%s", text);
}

bool connection_failed_badly(const struct connection *q)
{
    if (q->code == SQLITE_FULL || q->code == SQLITE_IOERR)
        return true;
    const struct failure *f = failure_of(q->code);
    return f && f->badly;
}

bool connection_exec(struct connection *q, const char *sql, struct error *err)
{
    int rc = sqlite3_exec(q->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || connection_fail(q, rc, err);
}

bool connection_ask_int(struct connection *q, const char *sql, int64_t *out, struct error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(q->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    bool ok = rc == SQLITE_ROW;
    if (ok)
        *out = sqlite3_column_int64(st, 0);
    else
        connection_fail(q, rc, err);
    sqlite3_finalize(st);
    return ok;
}

void connection_rollback(struct connection *q)
{
    /* SQLite has rolled back by itself after some I/O errors. */
    if (!sqlite3_get_autocommit(q->db))
        sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- as its users need it */

/* FULL: a commit returns when the disk has it. Caches are small because the kernel keeps the file's
 * pages as well, and an idle host should stay small. The log keeps its blocks after a checkpoint
 * (up to 64 MB), as writing over them is cheaper than growing the file again. */
static const char common[] = "PRAGMA synchronous = FULL;"
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA mmap_size = 0;"
                             "PRAGMA trusted_schema = OFF;"
                             "PRAGMA secure_delete = FAST;"
                             "PRAGMA journal_size_limit = 67108864;";
static const char for_writing[] = "PRAGMA page_size = 8192;"
                                  "PRAGMA journal_mode = WAL;"
                                  "PRAGMA cache_size = -1536;";
static const char for_reading[] = "PRAGMA cache_size = -512;"
                                  "PRAGMA query_only = ON;";

static bool prepare_file(const char *data, enum connection_use use, const char *path,
                         struct error *err)
{
    if (use == CONNECTION_READER)
        return true;
    if (use == CONNECTION_EXISTING) {
        if (access(path, F_OK) == 0)
            return true;
        return error_set(err, ERROR_MISSING,
                         "there is no %s; give the host's data folder with --data", path);
    }
    return folder_make(data, err) && folder_make_file(data, "moontide.db", err);
}

static bool set_up(struct connection *q, enum connection_use use, struct error *err)
{
    if (use == CONNECTION_READER)
        return connection_exec(q, common, err) && connection_exec(q, for_reading, err);
    /* First of all, so that nothing is changed in a file that is not ours. */
    return schema_current(q, schema_steps_count, err) && connection_exec(q, for_writing, err) &&
           connection_exec(q, common, err) &&
           schema_migrate(q, schema_steps, schema_steps_count, err);
}

bool connection_open(struct connection *q, const char *data, enum connection_use use,
                     struct error *err)
{
    char *path = folder_path(data, "moontide.db");
    bool ok = prepare_file(data, use, path, err) && connection_open_file(q, data, path, err);
    if (ok && !set_up(q, use, err)) {
        connection_close(q);
        ok = false;
    }
    free(path);
    return ok;
}
