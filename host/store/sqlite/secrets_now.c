/* SPDX-License-Identifier: MIT */
/* Secrets from the command line, as keys_now.c has it for keys. */
#include "store/sqlite/audit.h"
#include "store/sqlite/database.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/secrets.h"

static bool note(struct sqlite *q, const struct store_audit *audit, struct error *err)
{
    return !audit || audit_put(q, audit, err);
}

bool store_secret_put_blocking(const char *data, const struct store_secret *secret,
                               const struct store_audit *audit, struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_ONCE, err))
        return false;
    bool ok = sqlite_exec(&q, "BEGIN IMMEDIATE", err) && secrets_put(&q, secret, err) &&
              note(&q, audit, err) && sqlite_exec(&q, "COMMIT", err) && keys_stamp(&q, err);
    sqlite_close(&q); /* undoes what is not committed */
    return ok;
}

bool store_secret_remove_blocking(const char *data, const char *name,
                                  const struct store_audit *audit, struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = sqlite_exec(&q, "BEGIN IMMEDIATE", err) && secrets_remove(&q, name, err) &&
              note(&q, audit, err) && sqlite_exec(&q, "COMMIT", err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_secrets_blocking(const char *data, struct store_secret **secrets, size_t *count,
                            struct error *err)
{
    struct sqlite q;
    *secrets = NULL;
    *count = 0;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = secrets_list(&q, secrets, count, err);
    sqlite_close(&q);
    return ok;
}
