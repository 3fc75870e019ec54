/* SPDX-License-Identifier: MIT */
/* flow.c - the flow and webhook dialect: both wait for the run and answer 200
 * {"ok","runId","result","error"}, also for a run that failed; refusals have those four and a
 * "code". A script sees the inputs, merged over its defaults, as event.body and event.inputs
 * alike, so that one script serves all doors.
 *
 * Who is let in: at the flow address an API key or a token (serve/request/credential.h);
 * at the webhook address one of the trigger's own secrets, which open nothing else. There an
 * unknown id, a trigger without secrets or with `webhook = false`, a paused one and a wrong secret
 * are one identical 401. */
#include "domain/inputs.h"
#include "serve/dialects/dialects.h"
#include "serve/request/signed.h"
#include <stdio.h>

void flow_refuse(struct request *q, const struct refusal *r)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    json_open(&b, NULL, '{');
    json_flag(&b, "ok", false);
    json_word(&b, "runId", NULL);
    json_word(&b, "result", NULL);
    json_word(&b, "error", r->detail ? r->detail : verdict_text(r->verdict));
    json_word(&b, "code", verdict_code(r->verdict));
    json_close(&b, '}');
    request_json(q, verdict_status(r->verdict), buf_view(&b));
    buf_done(&b);
}

/* ---- the answer */

/* How an outcome is answered; what is not here is a refusal. */
static const struct answer {
    int status;
    bool ok;
} answers[VERDICTS] = {
    [VERDICT_COMPLETED] = {200, true},    [VERDICT_RUN_FAILED] = {200, false},
    [VERDICT_CANCELLED] = {200, false},   [VERDICT_ACCEPTED] = {202, true},
    [VERDICT_WAIT_TIMEOUT] = {202, true},
};

static void put_answer(struct buf *b, const struct outcome *o, const struct answer *answer)
{
    const struct refusal *why = &o->why;
    json_open(b, NULL, '{');
    json_flag(b, "ok", answer->ok);
    json_word(b, "runId", why->run);
    json_raw(b, "result", why->verdict == VERDICT_COMPLETED ? o->result : TEXT_NONE);
    json_word(b, "error",
              answer->ok    ? NULL
              : why->detail ? why->detail
                            : verdict_text(why->verdict));
    if (answer->status == 202)
        json_word(b, "status", "running");
    json_close(b, '}');
}

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    const struct answer *answer = &answers[o->why.verdict];
    q->ticket = NULL;
    if (!answer->status) {
        request_refuse(q, &o->why);
        return;
    }
    struct buf b;
    buf_init(&b, 16u << 20);
    put_answer(&b, o, answer);
    if (answer->status == 202)
        set_location(q, o->why.run);
    request_names_run(q, o->why.run);
    request_json(q, answer->status, buf_view(&b));
    buf_done(&b);
}

/* ---- inputs */

static void fire(struct request *q, struct trigger *t, const char *kind, const cJSON *given,
                 struct text caller, int64_t limit_ms)
{
    const struct manifest *m = t->current->manifest;
    cJSON *inputs = inputs_merge(m->defaults, given);
    struct buf body;
    buf_init(&body, 16u << 20);
    json_put_tree(&body, inputs);
    struct call call = {
        .trigger = t,
        .kind = kind,
        .body = buf_view(&body),
        .tree = inputs,
        .inputs = true,
        .unsent = !given,
        .environment = TEXT("api"),
        .caller = caller,
        .wait_ms = m->wait_ms ? limit_ms : 0, /* `wait = false` means never */
    };
    fire_call(q, &call, render);
    buf_done(&body);
    cJSON_Delete(inputs);
}

/* ---- POST /api/v1/flow/{id} */

static struct trigger *find_flow(const struct request *q)
{
    struct trigger *t = registry_find_id(&q->app->engine->reload.registry, q->params[0]);
    bool open = t && trigger_serves(t) && api_key_allows(&q->key, PERMISSION_TRIGGER, t->project);
    return open ? t : NULL;
}

void flow_head(struct request *q)
{
    if (!api_key_allows(&q->key, PERMISSION_TRIGGER, NULL)) { /* whatever the id is */
        request_no(q, VERDICT_FORBIDDEN, "the key lacks project.trigger");
        return;
    }
    const struct trigger *t = find_flow(q);
    if (!t)
        request_no(q, VERDICT_NOT_FOUND, NULL);
    else if (address_list_admits(q, t->current->manifest))
        exchange_body_max(q->x, (size_t)t->current->manifest->body_max);
}

static bool is_null(struct text body)
{
    return body.data && text_is(text_trim(body), "null");
}

/* *inputs: borrowed from the tree; NULL when none were given. */
static bool read_inputs(struct request *q, const cJSON *tree, const cJSON **inputs)
{
    const cJSON *v = json_get(tree, "inputs");
    *inputs = cJSON_IsObject(v) ? v : NULL;
    if (!v || cJSON_IsNull(v) || *inputs)
        return true;
    struct refusal r = {
        .verdict = VERDICT_INVALID, .detail = "/inputs must be an object", .field = "/inputs"};
    request_refuse(q, &r);
    return false;
}

void flow_body(struct request *q)
{
    struct trigger *t = find_flow(q);
    cJSON *tree = NULL;
    const cJSON *inputs;
    if (!t) {
        request_no(q, VERDICT_NOT_FOUND, NULL);
        return;
    }
    if (!signed_ok(q, t) || !request_media_ok(q) ||
        (!is_null(exchange_body(q->x)) && !request_object(q, &tree)))
        return;
    if (read_inputs(q, tree, &inputs))
        fire(q, t, "flow", inputs, text_of(request_caller(q)), q->app->config->flow_wait_ms);
    cJSON_Delete(tree);
}

/* ---- POST /workflows/trigger?workflowId={id} */

enum { ID_MAX = 256 };

/* X-Workflow-Secret, when it is there, decides alone. */
static struct text presented_secret(const struct request *q)
{
    struct text secret = exchange_header(q->x, "x-workflow-secret");
    return secret.data ? secret : request_bearer(q);
}

/* The secret is judged whether there is such a trigger or not, in the same time. */
static struct trigger *find_webhook(const struct request *q, const char *id)
{
    struct trigger *t = registry_find_id(&q->app->engine->reload.registry, text_of(id));
    bool open = t && trigger_serves(t) && !t->current->manifest->webhook_off;
    bool right = keyring_webhook_ok(&q->app->engine->keyring, open ? t->project : "",
                                    open ? t->key : "", presented_secret(q));
    return open && right ? t : NULL;
}

static bool read_id(struct request *q, char id[ID_MAX])
{
    int times = text_query(exchange_query(q->x), "workflowId", id, ID_MAX);
    if (times == 1 && id[0])
        return true;
    struct refusal r = {.verdict = VERDICT_INVALID,
                        .detail = "the query must name one workflowId",
                        .field = "workflowId"};
    request_refuse(q, &r);
    return false;
}

void webhook_head(struct request *q)
{
    char id[ID_MAX];
    if (!read_id(q, id))
        return;
    const struct trigger *t = find_webhook(q, id);
    if (!t)
        request_no(q, VERDICT_UNAUTHORIZED, NULL);
    else if (address_list_admits(q, t->current->manifest))
        exchange_body_max(q->x, (size_t)t->current->manifest->body_max);
}

void webhook_body(struct request *q)
{
    char id[ID_MAX];
    cJSON *tree;
    if (!read_id(q, id))
        return;
    struct trigger *t = find_webhook(q, id); /* again: it may have been closed meanwhile */
    if (!t) {
        request_no(q, VERDICT_UNAUTHORIZED, NULL);
        return;
    }
    if (!signed_ok(q, t) || !request_media_ok(q) || !request_object(q, &tree))
        return;
    fire(q, t, "webhook", tree, TEXT("webhook"), q->app->config->webhook_wait_ms);
    cJSON_Delete(tree);
}
