/* SPDX-License-Identifier: MIT */
/* http.c - outgoing HTTP with retries. Arguments (made by lualib/http.lua):
 *   {method, url, headers = {Name: value}, body, timeout_ms, retry = {times, first_ms, factor,
 * max_ms, on: [429, "timeout"]}} url, body and the values of headers may hold secrets
 * (secret_text.h). Answer: {status, headers = {name: value}, body}. Each attempt carries
 * Idempotency-Key: RUN-STEP, the same for all of them. */
#include "base/id.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "engine/ops/http_request.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRIES_MAX = 100,
    RETRY_MAX_MS = 24 * 3600 * 1000,
    ANSWER_JSON_MAX = FRAME_MAX - (64 << 10)
};

struct request {
    struct http_call *call; /* NULL: between two attempts */
    struct scrub *sent;     /* the values that the last attempt carried; NULL: none */
};

/* ---- what comes back: no value of a secret stays in it, in whatever header or error text */

static struct text clean_text(const struct op *op, struct text t, struct buf *a, struct buf *b)
{
    const struct request *q = op->state;
    buf_clear(a);
    buf_clear(b);
    if (scrub_text(q->sent, t, a))
        t = buf_view(a);
    return vault_scrub(op->run->e->vault, t, b) ? buf_view(b) : t;
}

static void put_clean(const struct op *op, struct buf *out, const char *name, struct text t)
{
    struct buf a, b;
    buf_init(&a, ANSWER_JSON_MAX);
    buf_init(&b, ANSWER_JSON_MAX);
    json_text(out, name, clean_text(op, t, &a, &b));
    out->full = out->full || a.full || b.full;
    buf_done(&a);
    buf_done(&b);
}

/* Of a repeated name the last value counts, but for set-cookie nobody minds. */
static bool is_repeated(const struct http_answer *a, int at)
{
    for (int i = at + 1; a->names[i]; i++)
        if (strcmp(a->names[at], a->names[i]) == 0)
            return true;
    return false;
}

static void put_headers(const struct op *op, struct buf *out, const struct http_answer *a)
{
    json_open(out, "headers", '{');
    for (int i = 0; a->names && a->names[i]; i++) {
        if (is_repeated(a, i))
            continue;
        put_clean(op, out, NULL, text_of(a->names[i]));
        buf_char(out, ':');
        put_clean(op, out, NULL, text_of(a->values[i]));
    }
    json_close(out, '}');
}

static void answer_call(struct op *op, const struct http_answer *a)
{
    struct buf json;
    buf_init(&json, ANSWER_JSON_MAX);
    json_open(&json, NULL, '{');
    json_int(&json, "status", a->status);
    put_headers(op, &json, a);
    put_clean(op, &json, "body", a->body.data ? a->body : TEXT(""));
    json_close(&json, '}');
    if (json.full)
        op_failed(op, "too_large", TEXT("the answer is too large to journal"));
    else
        op_done(op, buf_view(&json));
    buf_done(&json);
}

static void fail_call(struct op *op, const char *code, const char *message)
{
    struct buf a, b;
    buf_init(&a, ANSWER_JSON_MAX);
    buf_init(&b, ANSWER_JSON_MAX);
    op_failed(op, code, clean_text(op, text_of(message), &a, &b));
    buf_done(&a);
    buf_done(&b);
}

static bool retry_wanted(const struct op *op, const struct http_answer *a)
{
    const cJSON *retry = json_get(op->args, "retry");
    double times = json_number(retry, "times", 0);
    if (op->attempt > times || op->attempt > RETRIES_MAX)
        return false;
    const cJSON *on = json_get(retry, "on");
    if (!cJSON_IsArray(on)) /* the rule without a list: what may well pass by itself */
        return a->failure
                   ? strcmp(a->failure, "refused") != 0 && strcmp(a->failure, "too_large") != 0
                   : a->status == 429 || a->status >= 500;
    for (const cJSON *x = on->child; x; x = x->next) {
        if (cJSON_IsNumber(x) && !a->failure && x->valueint == a->status)
            return true;
        if (cJSON_IsString(x) && a->failure && strcmp(x->valuestring, a->failure) == 0)
            return true;
    }
    return false;
}

/* Exponential, half of it jitter, so that many runs do not come back at once; an answer's
 * Retry-After is obeyed. */
static int64_t retry_delay(const struct op *op, const struct http_answer *a)
{
    const cJSON *retry = json_get(op->args, "retry");
    double delay = json_number(retry, "first_ms", 1000), max = json_number(retry, "max_ms", 60000);
    for (uint32_t i = 1; i < op->attempt && delay < max; i++)
        delay *= json_number(retry, "factor", 2);
    delay = delay > max ? max : delay;
    uint32_t random;
    id_random(&random, sizeof random);
    delay = delay / 2 + delay / 2 * ((double)random / UINT32_MAX);
    if (a->retry_after_ms > delay)
        delay = (double)a->retry_after_ms;
    return (int64_t)(delay < 0 ? 0 : delay > RETRY_MAX_MS ? RETRY_MAX_MS : delay);
}

static void start_call(struct op *op);

static void on_retry(struct timer *t)
{
    start_call(CONTAINER_OF(t, struct op, timer));
}

static void retry_later(struct op *op, const struct http_answer *a)
{
    struct run *r = op->run;
    struct buf one, two;
    int64_t delay = retry_delay(op, a);
    const char *why = a->failure ? a->message : "the answer's status asks for another try";
    char code[16];
    snprintf(code, sizeof code, "%d", a->status);
    buf_init(&one, ANSWER_JSON_MAX);
    buf_init(&two, ANSWER_JSON_MAX);
    op_retrying(op, delay, a->failure ? a->failure : code,
                clean_text(op, text_of(why), &one, &two));
    buf_done(&one);
    buf_done(&two);
    if (!run_has_ended(r)) /* else op is gone */
        timers_set(&r->e->timers, &op->timer, delay, on_retry);
}

static void on_answer(void *arg, const struct http_answer *a)
{
    struct op *op = arg;
    struct request *q = op->state;
    q->call = NULL;
    if (retry_wanted(op, a))
        retry_later(op, a);
    else if (a->failure)
        fail_call(op, a->failure, a->message);
    else
        answer_call(op, a);
}

static void start_call(struct op *op)
{
    struct http_outgoing out;
    struct error err;
    if (!op->state)
        op->state = mem_zero(1, sizeof(struct request));
    struct request *q = op->state;
    bool ready = http_outgoing_make(&out, op, &err);
    const char *code = out.use.code;
    scrub_free(q->sent);
    q->sent = out.use.sent;
    out.use.sent = NULL;
    if (ready)
        q->call = http_start(op->run->e->http, &out.request, on_answer, op);
    http_outgoing_done(&out);
    if (!ready)
        op_failed(op, code, text_of(err.text));
}

static void drop_call(struct op *op)
{
    struct request *q = op->state;
    if (!q)
        return;
    if (q->call && op->run->e->http) /* a closed client has cancelled all by itself */
        http_cancel(q->call);
    scrub_free(q->sent);
    free(q);
    op->state = NULL;
}

const struct op_kind op_http = {.name = "http",
                                .check = http_request_check,
                                .describe = http_request_describe,
                                .start = start_call,
                                .drop = drop_call,
                                .waits = "http"};
