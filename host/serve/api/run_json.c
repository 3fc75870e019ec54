/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "base/json_out.h"
#include "engine/run_time.h"
#include "serve/api/api.h"
#include "serve/request/cors.h"
#include <string.h>

/* The event is the host's own JSON: {"kind":…,"body":…}. */
static void put_body(struct buf *b, struct text event)
{
    struct error err;
    cJSON *tree = json_parse_own(event, &err);
    const cJSON *body = json_get(tree, "body");
    if (body)
        json_tree(b, "body", body);
    else
        json_word(b, "body", NULL);
    cJSON_Delete(tree);
}

static void put_error(struct buf *b, const struct store_run *row)
{
    if (!row->error_code.data) {
        json_word(b, "error", NULL);
        return;
    }
    json_open(b, "error", '{');
    json_text(b, "code", row->error_code);
    json_text(b, "message", row->error_message);
    json_text(b, "at", row->error_at);
    json_close(b, '}');
}

static void put_waiting(struct buf *b, const struct engine *e, const struct store_run *row)
{
    struct buf waiting;
    buf_init(&waiting, 64 << 10);
    engine_put_waiting(e, row, &waiting);
    json_raw(b, "waiting", buf_view(&waiting));
    buf_done(&waiting);
}

void run_json(struct buf *b, const struct engine *e, const struct store_run *row)
{
    char version[SHA256_HEX];
    hex_encode(row->version, SHA256_BYTES, version);
    json_open(b, NULL, '{');
    json_word(b, "runId", row->run);
    json_text(b, "project", row->project);
    json_text(b, "trigger", row->trigger);
    json_text(b, "kind", row->kind);
    json_word(b, "status", store_status_name(row->status));
    json_text(b, "sessionId", row->session);
    json_text(b, "instruction", row->instruction);
    put_body(b, row->event);
    json_raw(b, "result", row->result);
    put_error(b, row);
    json_word(b, "version", version);
    json_text(b, "parent", row->parent);
    put_waiting(b, e, row);
    json_time(b, "createdAt", row->created_ms);
    json_time(b, "startedAt", row->started_ms);
    json_time(b, "finishedAt", row->finished_ms);
    if (row->cut) /* only in lists */
        json_flag(b, "cut", true);
    json_int(b, "steps", row->steps);
    json_int(b, "seq", (int64_t)row->seq);
    json_close(b, '}');
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
