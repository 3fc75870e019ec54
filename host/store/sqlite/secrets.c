/* SPDX-License-Identifier: MIT */
#include "store/sqlite/secrets.h"

#include "base/mem.h"
#include "store/sqlite/query.h"
#include <stdlib.h>

bool secrets_put(struct sqlite *q, const struct store_secret *secret, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_SECRET_PUT);
    query_text(&s, text_of(secret->name));
    query_text(&s, text_of(secret->hosts));
    query_blob(&s, secret->sealed.data, secret->sealed.len);
    query_int(&s, secret->updated_ms);
    return query_do(&s, err) || error_context(err, "secret %s", secret->name);
}

bool secrets_remove(struct sqlite *q, const char *name, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_SECRET_REMOVE);
    query_text(&s, text_of(name));
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(q->db) > 0 ||
           error_set(err, ERROR_MISSING, "there is no secret %s", name);
}

static void read_row(const struct query *s, struct store_secret *row)
{
    struct text name = query_column_text(s, 0), hosts = query_column_text(s, 1);
    struct text sealed = query_column_text(s, 2);
    *row = (struct store_secret){
        .name = mem_text_n(name.data, name.len),
        .hosts = mem_text_n(hosts.data, hosts.len),
        .sealed = {mem_text_n(sealed.data, sealed.len), sealed.len},
        .created_ms = query_column_int(s, 3),
        .updated_ms = query_column_int(s, 4),
    };
}

bool secrets_list(struct sqlite *q, struct store_secret **secrets, size_t *count, struct error *err)
{
    size_t room = 0;
    struct query s;
    int step;
    *secrets = NULL;
    *count = 0;
    query_begin(&s, q, SQL_SECRET_LIST);
    while ((step = query_step(&s, err)) > 0) {
        if (*count == room) {
            room = room ? 2 * room : 8;
            *secrets = mem_grow(*secrets, room * sizeof **secrets);
        }
        read_row(&s, &(*secrets)[(*count)++]);
    }
    if (step == 0)
        return true;
    store_secrets_free(*secrets, *count);
    *secrets = NULL;
    *count = 0;
    return false;
}

void store_secrets_free(struct store_secret *secrets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((void *)secrets[i].name);
        free((void *)secrets[i].hosts);
        free((void *)secrets[i].sealed.data);
    }
    free(secrets);
}
