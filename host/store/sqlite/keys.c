/* SPDX-License-Identifier: MIT */
#include "store/sqlite/keys.h"

#include "base/mem.h"
#include "store/sqlite/folder.h"
#include "store/sqlite/query.h"
#include <stdlib.h>

/* A value opens one door only. */
static bool check_new(struct sqlite *q, const struct api_key *key, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_KEY_KNOWN);
    query_blob(&s, key->hash, SHA256_BYTES);
    int step = query_step(&s, err);
    bool is_key = step > 0 && query_column_int(&s, 0) == 1;
    query_end(&s);
    if (step > 0)
        return error_set(err, ERROR_EXISTS,
                         is_key ? "this value is an API key already, perhaps a revoked one"
                                : "this value is a webhook's secret; an API key must be another");
    return step == 0;
}

bool keys_put(struct sqlite *q, const struct api_key *key, struct error *err)
{
    struct query s;
    if (!check_new(q, key, err))
        return false;
    query_begin(&s, q, SQL_KEY_PUT);
    query_text(&s, text_of(key->id));
    query_text(&s, text_of(key->name));
    query_blob(&s, key->hash, SHA256_BYTES);
    query_int(&s, key->permissions);
    query_text(&s, text_of(key->projects));
    query_text(&s, text_of(key->default_project));
    query_int(&s, key->created_ms);
    query_int(&s, key->revoked_ms);
    query_int(&s, key->expires_ms);
    query_text(&s, text_of(key->origins));
    query_int(&s, key->per_minute);
    return query_do(&s, err) || error_context(err, "key %s", key->id);
}

bool keys_revoke(struct sqlite *q, const char *id, int64_t now_ms, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_KEY_REVOKE);
    query_text(&s, text_of(id));
    query_int(&s, now_ms);
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(q->db) > 0 || error_set(err, ERROR_MISSING, "there is no key %s", id);
}

bool keys_used(struct sqlite *q, const char *id, int64_t used_ms, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_KEY_USED);
    query_text(&s, text_of(id));
    query_int(&s, used_ms);
    return query_do(&s, err);
}

static void read_key(const struct query *s, struct api_key *key)
{
    *key = (struct api_key){
        .permissions = (unsigned)query_column_int(s, 3),
        .created_ms = query_column_int(s, 6),
        .revoked_ms = query_column_int(s, 7),
        .expires_ms = query_column_int(s, 8),
        .used_ms = query_column_int(s, 9),
        .per_minute = query_column_int(s, 11),
    };
    query_column_copy(s, 0, key->id, sizeof key->id);
    query_column_copy(s, 1, key->name, sizeof key->name);
    query_column_hash(s, 2, key->hash);
    query_column_copy(s, 4, key->projects, sizeof key->projects);
    query_column_copy(s, 5, key->default_project, sizeof key->default_project);
    query_column_copy(s, 10, key->origins, sizeof key->origins);
}

bool keys_list(struct sqlite *q, struct api_key **keys, size_t *count, struct error *err)
{
    size_t room = 0;
    struct query s;
    int step;
    *keys = NULL;
    *count = 0;
    query_begin(&s, q, SQL_KEY_LIST);
    while ((step = query_step(&s, err)) > 0) {
        if (*count == room) {
            room = room ? 2 * room : 8;
            *keys = mem_grow(*keys, room * sizeof **keys);
        }
        read_key(&s, &(*keys)[(*count)++]);
    }
    if (step == 0)
        return true;
    free(*keys);
    *keys = NULL;
    *count = 0;
    return false;
}

bool keys_stamp(const struct sqlite *q, struct error *err)
{
    return folder_stamp_keys(q->data, err) ||
           error_context(err, "the change is made, but a running host must be restarted to see it");
}
