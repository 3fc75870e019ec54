/* SPDX-License-Identifier: MIT */
/* audit.c - GET /v1/audit: who did what, when. For keys of all projects alone, as the rows are of
 * the whole host. */
#include "serve/api/api.h"
#include "serve/api/list_json.h"
#include "serve/api/pending.h"
#include <stdio.h>

enum { LIST_MAX = 200, LIST_DEFAULT = 50 };

struct store_audit audit_of(const struct request *q, const char *action, const char *target)
{
    return (struct store_audit){
        .at_ms = clock_wall_ms(q->app->clock),
        .actor = text_of(request_caller(q)),
        .action = text_of(action),
        .target = text_of(target),
        .request = text_of(exchange_request_id(q->x)),
    };
}

static void put_row(struct buf *b, const struct store_audit_row *row)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)row->num);
    json_open(b, NULL, '{');
    json_word(b, "id", id);
    json_time(b, "at", row->a.at_ms);
    json_text(b, "actor", row->a.actor);
    json_text(b, "action", row->a.action);
    json_text(b, "target", row->a.target);
    json_raw(b, "detail", row->a.detail);
    json_text(b, "requestId", row->a.request);
    json_close(b, '}');
}

static void on_rows(void *arg, const struct store_audit_row *rows, size_t count, bool more,
                    const struct error *err)
{
    struct request *q = pending_read(arg, err);
    struct buf b;
    char next[24];
    if (!q)
        return;
    list_json_open(&b, 16u << 20);
    for (size_t i = 0; i < count; i++)
        put_row(&b, &rows[i]);
    if (more)
        snprintf(next, sizeof next, "%lld", (long long)rows[count - 1].num);
    list_json_answer(q, &b, more ? next : NULL);
}

void audit_list(struct request *q)
{
    uint64_t before, limit;
    if (!api_key_allows(&q->key, PERMISSION_KEYS, NULL) || !api_key_everywhere(&q->key)) {
        request_no(q, VERDICT_FORBIDDEN, "the audit log needs key.manage in all projects");
        return;
    }
    if (!request_query_u64(q, "before", INT64_MAX, INT64_MAX, &before) ||
        !request_query_u64(q, "limit", LIST_DEFAULT, LIST_MAX, &limit))
        return;
    store_list_audit(q->app->engine->store, (int64_t)before, limit ? (uint32_t)limit : 1, on_rows,
                     pending_new(q));
}
