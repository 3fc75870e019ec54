/* SPDX-License-Identifier: MIT */
/* API keys from the command line: a connection of its own, one transaction, and the stamp that
 * tells a running host to look. */
#include "store/sqlite/audit.h"
#include "store/sqlite/database.h"
#include "store/sqlite/keys.h"
#include "store/store.h"

bool store_key_create_blocking(const char *data, const struct api_key *key, const char *actor,
                               struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_ONCE, err))
        return false;
    bool ok = sqlite_exec(&q, "BEGIN IMMEDIATE", err) && keys_put(&q, key, err) &&
              audit_put_key(&q, actor, "key.create", key->id, key->name, key->created_ms, err) &&
              sqlite_exec(&q, "COMMIT", err) && keys_stamp(&q, err);
    sqlite_close(&q); /* undoes what is not committed */
    return ok;
}

bool store_key_revoke_blocking(const char *data, const char *id, int64_t now_ms, const char *actor,
                               struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = sqlite_exec(&q, "BEGIN IMMEDIATE", err) && keys_revoke(&q, id, now_ms, err) &&
              audit_put_key(&q, actor, "key.revoke", id, NULL, now_ms, err) &&
              sqlite_exec(&q, "COMMIT", err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_keys_blocking(const char *data, struct api_key **keys, size_t *count, struct error *err)
{
    struct sqlite q;
    *keys = NULL;
    *count = 0;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = keys_list(&q, keys, count, err);
    sqlite_close(&q);
    return ok;
}
