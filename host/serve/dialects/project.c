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
    buf_str(&b, "{\"status\":");
    buf_int(&b, status);
    buf_str(&b, ",\"code\":\"");
    buf_str(&b, verdict_code(r->verdict));
    buf_str(&b, "\",\"message\":");
    json_put_cstr(&b, r->detail ? r->detail : verdict_text(r->verdict));
    if (r->field) {
        buf_str(&b, ",\"field\":");
        json_put_cstr(&b, r->field);
    }
    if (r->run)
        buf_printf(&b, ",\"runId\":\"%s\"", r->run);
    if (r->code) {
        buf_str(&b, ",\"error\":{\"code\":");
        json_put_cstr(&b, r->code);
        buf_str(&b, ",\"message\":");
        json_put_cstr(&b, r->detail);
        buf_str(&b, ",\"at\":");
        json_put_cstr(&b, r->at);
        buf_char(&b, '}');
    }
    buf_char(&b, '}');
    request_json(q, status, buf_view(&b));
    buf_done(&b);
}

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    q->ticket = NULL;
    if (o->verdict != VERDICT_COMPLETED && o->verdict != VERDICT_ACCEPTED) {
        if (o->verdict == VERDICT_WAIT_TIMEOUT)
            set_location(q, o->run);
        struct refusal r = {.verdict = o->verdict,
                            .detail = o->detail,
                            .field = o->field,
                            .run = o->run,
                            .code = o->code,
                            .at = o->at};
        request_refuse(q, &r);
        return;
    }
    struct buf b;
    buf_init(&b, 16u << 20);
    put_run_head(&b, o);
    if (o->verdict == VERDICT_COMPLETED) {
        buf_str(&b, ",\"response\":");
        buf_text(&b, o->result.data ? o->result : TEXT("null"));
    }
    put_stream_url(&b, q, o->run);
    buf_char(&b, '}');
    request_names_run(q, o->run);
    request_json(q, verdict_status(o->verdict), buf_view(&b));
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
