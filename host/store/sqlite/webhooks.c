/* SPDX-License-Identifier: MIT */
#include "store/sqlite/webhooks.h"

#include "base/mem.h"
#include "store/sqlite/query.h"
#include <stdlib.h>

/* 0: nobody has this value; 1: it is an API key; 2: this trigger has it already. -1: err. */
static int known(struct sqlite *q, const struct store_webhook *w, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_WEBHOOK_KNOWN);
    query_blob(&s, w->hash, SHA256_BYTES);
    query_text(&s, text_of(w->project));
    query_text(&s, text_of(w->trigger));
    int step = query_step(&s, err);
    if (step <= 0)
        return step;
    int what = (int)query_column_int(&s, 0);
    query_end(&s);
    return what;
}

static bool check_new(struct sqlite *q, const struct store_webhook *w, struct error *err)
{
    switch (known(q, w, err)) {
    case 0:
        return true;
    case 1:
        return error_set(err, ERROR_EXISTS,
                         "this value is an API key; a webhook's secret opens nothing else");
    case 2:
        return error_set(err, ERROR_EXISTS, "%s/%s has this secret already", w->project,
                         w->trigger);
    default:
        return false;
    }
}

bool webhooks_put(struct sqlite *q, const struct store_webhook *w, size_t *revoked,
                  struct error *err)
{
    struct query s;
    if (!check_new(q, w, err))
        return false;
    query_begin(&s, q, SQL_WEBHOOK_MAKE_ROOM);
    query_text(&s, text_of(w->project));
    query_text(&s, text_of(w->trigger));
    query_int(&s, w->created_ms);
    if (!query_do(&s, err))
        return false;
    *revoked = (size_t)sqlite3_changes(q->db);
    query_begin(&s, q, SQL_WEBHOOK_PUT);
    query_text(&s, text_of(w->id));
    query_text(&s, text_of(w->project));
    query_text(&s, text_of(w->trigger));
    query_blob(&s, w->hash, SHA256_BYTES);
    query_int(&s, w->created_ms);
    return query_do(&s, err);
}

bool webhooks_revoke(struct sqlite *q, const char *id, const char *project, const char *trigger,
                     int64_t now_ms, size_t *revoked, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_WEBHOOK_REVOKE);
    query_int(&s, now_ms);
    query_text(&s, text_of(id));
    query_text(&s, text_of(project));
    query_text(&s, text_of(trigger));
    if (!query_do(&s, err))
        return false;
    *revoked = (size_t)sqlite3_changes(q->db);
    if (*revoked > 0)
        return true;
    if (id)
        return error_set(err, ERROR_MISSING, "there is no living webhook secret %s", id);
    return error_set(err, ERROR_MISSING, "%s/%s has no webhook secret", project, trigger);
}

static void read_row(const struct query *s, struct store_webhook *row)
{
    *row = (struct store_webhook){
        .created_ms = query_column_int(s, 4),
        .revoked_ms = query_column_int(s, 5),
    };
    query_column_copy(s, 0, row->id, sizeof row->id);
    query_column_copy(s, 1, row->project, sizeof row->project);
    query_column_copy(s, 2, row->trigger, sizeof row->trigger);
    query_column_hash(s, 3, row->hash);
}

bool webhooks_list(struct sqlite *q, struct store_webhook **rows, size_t *count, struct error *err)
{
    size_t room = 0;
    struct query s;
    int step;
    *rows = NULL;
    *count = 0;
    query_begin(&s, q, SQL_WEBHOOK_LIST);
    while ((step = query_step(&s, err)) > 0) {
        if (*count == room) {
            room = room ? 2 * room : 8;
            *rows = mem_grow(*rows, room * sizeof **rows);
        }
        read_row(&s, &(*rows)[(*count)++]);
    }
    if (step == 0)
        return true;
    free(*rows);
    *rows = NULL;
    *count = 0;
    return false;
}
