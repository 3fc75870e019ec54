/* SPDX-License-Identifier: MIT */
#include "store/sqlite/sqlite.h"

#include "base/mem.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* How long to wait for a lock that another process (the CLI beside the host) holds. */
enum { SQLITE_BUSY_MS = 5000 };

static void configure_library(void)
{
    /* Memory statistics take a global lock at each allocation. Refused when somebody in this
     * process has used SQLite before: no harm. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool sqlite_open(struct sqlite *q, const char *data, const char *path, const char *const *sql,
                 size_t count, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    *q = (struct sqlite){.path = mem_text(path), .data = mem_text(data), .sql = sql};
    q->count = count;
    q->statements = mem_zero(count, sizeof(*q->statements));
    int rc = sqlite3_open_v2(path, &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "unix");
    if (rc != SQLITE_OK) {
        sqlite_fail(q, rc, err);
        sqlite_close(q);
        return false;
    }
    sqlite3_busy_timeout(q->db, SQLITE_BUSY_MS);
    return true;
}

void sqlite_close(struct sqlite *q)
{
    for (size_t i = 0; q->statements && i < q->count; i++)
        sqlite3_finalize(q->statements[i]);
    free(q->statements);
    sqlite3_close(q->db);
    free(q->path);
    free(q->data);
    *q = (struct sqlite){0};
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
static int write_errno(struct sqlite *q)
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

bool sqlite_fail(struct sqlite *q, int rc, struct error *err)
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

bool sqlite_failed_badly(const struct sqlite *q)
{
    if (q->code == SQLITE_FULL || q->code == SQLITE_IOERR)
        return true;
    const struct failure *f = failure_of(q->code);
    return f && f->badly;
}

bool sqlite_exec(struct sqlite *q, const char *sql, struct error *err)
{
    int rc = sqlite3_exec(q->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || sqlite_fail(q, rc, err);
}

bool sqlite_ask_int(struct sqlite *q, const char *sql, int64_t *out, struct error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(q->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    bool ok = rc == SQLITE_ROW;
    if (ok)
        *out = sqlite3_column_int64(st, 0);
    else
        sqlite_fail(q, rc, err);
    sqlite3_finalize(st);
    return ok;
}

void sqlite_rollback(struct sqlite *q)
{
    /* SQLite has rolled back by itself after some I/O errors. */
    if (!sqlite3_get_autocommit(q->db))
        sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
}
