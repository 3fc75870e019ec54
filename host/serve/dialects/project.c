/* SPDX-License-Identifier: MIT */
/* project.c - the project trigger dialect: waits by default, answers 200 with the response; every
 * refusal is
 * {"status","code","message","field"?,"runId"?}. Its 401 covers keys without the permission too: it
 * has no 403. */
#include "serve/dialects/dialects.h"

void project_refuse(struct request *q, const struct refusal *r)
{
    struct buf b;
    int status = verdict_status(r->verdict);
    buf_init(&b, 64 << 10);
    json_open(&b, NULL, '{');
    json_int(&b, "status", status);
    json_word(&b, "code", verdict_code(r->verdict));
    json_word(&b, "message", r->detail ? r->detail : verdict_text(r->verdict));
    if (r->field)
        json_word(&b, "field", r->field);
    if (r->run)
        json_word(&b, "runId", r->run);
    request_put_run_error(&b, r);
    json_close(&b, '}');
    request_json(q, status, buf_view(&b));
    buf_done(&b);
}

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    enum verdict verdict = o->why.verdict;
    q->ticket = NULL;
    if (verdict != VERDICT_COMPLETED && verdict != VERDICT_ACCEPTED) {
        if (verdict == VERDICT_WAIT_TIMEOUT)
            set_location(q, o->why.run);
        request_refuse(q, &o->why);
        return;
    }
    struct buf b;
    buf_init(&b, 16u << 20);
    open_run_answer(&b, o);
    if (verdict == VERDICT_COMPLETED)
        json_raw(&b, "response", o->result);
    put_stream_url(&b, q, o->why.run);
    json_close(&b, '}');
    request_names_run(q, o->why.run);
    request_json(q, verdict_status(verdict), buf_view(&b));
    buf_done(&b);
}

void project_head(struct request *q)
{
    fire_head(q, VERDICT_UNAUTHORIZED);
}

void project_body(struct request *q)
{
    fire_body(q, -1, render);
}
