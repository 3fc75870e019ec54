/* SPDX-License-Identifier: MIT */
/* API keys from the command line: a connection of its own, one statement, and the stamp that tells
 * a running host to look. */
#include "store/database.h"
#include "store/keys.h"
#include "store/store.h"

bool store_key_create_now(const char *data, const struct api_key *key, struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_ONCE, err))
        return false;
    bool ok = keys_put(&q, key, err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_key_revoke_now(const char *data, const char *id, int64_t now_ms, struct error *err)
{
    struct sqlite q;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = keys_revoke(&q, id, now_ms, err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_keys_now(const char *data, struct api_key **keys, size_t *count, struct error *err)
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
