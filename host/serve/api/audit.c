/* SPDX-License-Identifier: MIT */
/* audit.c - GET /v1/audit: who did what, when. For keys of all projects alone, as the rows are of
 * the whole host. */
#include "serve/api/api.h"
#include "serve/api/pending.h"

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
    char at[TEXT_TIME];
    text_time(row->a.at_ms, at);
    buf_printf(b, "{\"id\":\"%lld\",\"at\":\"%s\",\"actor\":", (long long)row->num, at);
    json_put_string(b, row->a.actor);
    buf_str(b, ",\"action\":");
    json_put_string(b, row->a.action);
    buf_str(b, ",\"target\":");
    json_put_string(b, row->a.target);
    buf_str(b, ",\"detail\":");
    buf_text(b, row->a.detail.data ? row->a.detail : TEXT("null"));
    buf_str(b, ",\"requestId\":");
    if (row->a.request.data)
        json_put_string(b, row->a.request);
    else
        buf_str(b, "null");
    buf_char(b, '}');
}

static void on_rows(void *arg, const struct store_audit_row *rows, size_t count, bool more,
                    const struct error *err)
{
    struct request *q = pending_read(arg, err);
    struct buf b;
    if (!q)
        return;
    buf_init(&b, 16u << 20);
    buf_str(&b, "{\"items\":[");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_char(&b, ',');
        put_row(&b, &rows[i]);
    }
    buf_str(&b, "],\"next\":");
    if (more)
        buf_printf(&b, "\"%lld\"", (long long)rows[count - 1].num);
    else
        buf_str(&b, "null");
    buf_char(&b, '}');
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
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
