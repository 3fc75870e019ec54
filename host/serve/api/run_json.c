/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "engine/run_time.h"
#include "serve/api/api.h"
#include "serve/request/cors.h"
#include <string.h>

static void put_text(struct buf *b, const char *name, struct text value)
{
    buf_printf(b, ",\"%s\":", name);
    if (value.data)
        json_put_string(b, value);
    else
        buf_str(b, "null");
}

static void put_time(struct buf *b, const char *name, int64_t wall_ms)
{
    char text[TEXT_TIME];
    buf_printf(b, ",\"%s\":", name);
    if (wall_ms <= 0) {
        buf_str(b, "null");
        return;
    }
    text_time(wall_ms, text);
    buf_printf(b, "\"%s\"", text);
}

/* The event is the host's own JSON: {"kind":…,"body":…}. */
static void put_body(struct buf *b, struct text event)
{
    struct error err;
    cJSON *tree = json_parse_own(event, &err);
    const cJSON *body = json_get(tree, "body");
    buf_str(b, ",\"body\":");
    if (body)
        json_put_tree(b, body);
    else
        buf_str(b, "null");
    cJSON_Delete(tree);
}

static void put_error(struct buf *b, const struct store_run *row)
{
    buf_str(b, ",\"error\":");
    if (!row->error_code.data) {
        buf_str(b, "null");
        return;
    }
    buf_str(b, "{\"code\":");
    json_put_string(b, row->error_code);
    put_text(b, "message", row->error_message);
    put_text(b, "at", row->error_at);
    buf_char(b, '}');
}

void run_json(struct buf *b, const struct engine *e, const struct store_run *row)
{
    char version[SHA256_HEX];
    hex_encode(row->version, SHA256_BYTES, version);
    buf_printf(b, "{\"runId\":\"%s\"", row->run);
    put_text(b, "project", row->project);
    put_text(b, "trigger", row->trigger);
    put_text(b, "kind", row->kind);
    put_text(b, "status", text_of(store_status_name(row->status)));
    put_text(b, "sessionId", row->session);
    put_text(b, "instruction", row->instruction);
    put_body(b, row->event);
    buf_str(b, ",\"result\":");
    buf_text(b, row->result.data ? row->result : TEXT("null"));
    put_error(b, row);
    put_text(b, "version", text_of(version));
    put_text(b, "parent", row->parent);
    buf_str(b, ",\"waiting\":");
    engine_put_waiting(e, row, b);
    put_time(b, "createdAt", row->created_ms);
    put_time(b, "startedAt", row->started_ms);
    put_time(b, "finishedAt", row->finished_ms);
    if (row->cut) /* only in lists */
        buf_str(b, ",\"cut\":true");
    buf_printf(b, ",\"steps\":%u,\"seq\":%llu}", row->steps, (unsigned long long)row->seq);
}

bool run_permitted(struct request *q, const struct store_run *row, enum permission p)
{
    char project[65];
    if (row && row->project.len < sizeof project) {
        memcpy(project, row->project.data, row->project.len);
        project[row->project.len] = 0;
        if (!q->authenticated ||
            api_key_allows(&q->key, p,
                           project)) { /* else a stream token, which names this very run */
            cors_judge_run(q, row);
            return true;
        }
    }
    request_no(q, VERDICT_NOT_FOUND, NULL);
    return false;
}

bool run_id_ok(struct request *q)
{
    if (q->params[0].len < ID_BYTES && text_starts(q->params[0], "run_"))
        return true;
    request_no(q, VERDICT_NOT_FOUND, NULL);
    return false;
}
