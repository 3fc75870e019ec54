/* SPDX-License-Identifier: MIT */
#include "store/sqlite/database.h"

#include "store/sqlite/folder.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sql.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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

static bool prepare_file(const char *data, enum database_use use, const char *path,
                         struct error *err)
{
    if (use == DATABASE_READER)
        return true;
    if (use == DATABASE_EXISTING) {
        if (access(path, F_OK) == 0)
            return true;
        return error_set(err, ERROR_MISSING,
                         "there is no %s; give the host's data folder with --data", path);
    }
    return folder_make(data, err) && folder_make_file(data, "moontide.db", err);
}

static bool set_up(struct sqlite *q, enum database_use use, struct error *err)
{
    if (use == DATABASE_READER)
        return sqlite_exec(q, common, err) && sqlite_exec(q, for_reading, err);
    /* First of all, so that nothing is changed in a file that is not ours. */
    return schema_current(q, schema_steps_count, err) && sqlite_exec(q, for_writing, err) &&
           sqlite_exec(q, common, err) && schema_migrate(q, schema_steps, schema_steps_count, err);
}

bool database_open(struct sqlite *q, const char *data, enum database_use use, struct error *err)
{
    char *path = folder_path(data, "moontide.db");
    bool ok = prepare_file(data, use, path, err) &&
              sqlite_open(q, data, path, sql_texts, SQL_STATEMENTS, err);
    if (ok && !set_up(q, use, err)) {
        sqlite_close(q);
        ok = false;
    }
    free(path);
    return ok;
}
