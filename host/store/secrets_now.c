/* SPDX-License-Identifier: MIT */
/* Secrets from the command line, as keys_now.c has it for keys. */
#include "store/database.h"
#include "store/keys.h"
#include "store/secrets.h"

bool store_secret_put_now(const char *data, const struct store_secret *secret, struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_ONCE, err))
        return false;
    bool ok = secrets_put(&q, secret, err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_secret_remove_now(const char *data, const char *name, struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = secrets_remove(&q, name, err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_secrets_now(const char *data, struct store_secret **secrets, size_t *count,
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
