/* SPDX-License-Identifier: MIT */
/* http.c - outgoing HTTP with retries. Arguments (made by lualib/http.lua):
 *   {method, url, headers = {Name: value}, body, timeout_ms, retry = {times, first_ms, factor, max_ms, on: [429, "timeout"]}}
 * Answer: {status, headers = {name: value}, body}. Each attempt carries Idempotency-Key: RUN-STEP, the same for all of them. */
#include "base/id.h"
#include "base/mem.h"
#include "engine/ops.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 100, RETRIES_MAX = 100, TIMEOUT_MS = 30000, TIMEOUT_MAX_MS = 10 * 60000, RETRY_MAX_MS = 24 * 3600 * 1000 };

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", NULL};

static bool check_headers(const cJSON *headers, struct error *err)
{
    int count = 0;
    for (const cJSON *h = headers ? headers->child : NULL; h; h = h->next, count++) {
        if (!cJSON_IsString(h))
            return error_set(err, ERROR_INVALID, "header \"%.100s\": expected a string", h->string ? h->string : "");
        if (strpbrk(h->valuestring, "\r\n") || strpbrk(h->string, "\r\n: "))
            return error_set(err, ERROR_INVALID, "header \"%.100s\": a line break, colon or space is not allowed there",
                             h->string);
    }
    if (count > HEADERS_MAX)
        return error_set(err, ERROR_LIMIT, "%d headers are more than the limit of %d", count, HEADERS_MAX);
    return true;
}

static bool check(const cJSON *args, struct error *err)
{
    const char *method = json_string(args, "method"), *url = json_string(args, "url");
    bool known = false;
    for (int i = 0; method && methods[i]; i++)
        known = known || strcmp(method, methods[i]) == 0;
    if (!known)
        return error_set(err, ERROR_INVALID, "method: expected one of GET POST PUT PATCH DELETE HEAD OPTIONS");
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return error_set(err, ERROR_INVALID, "url: expected http:// or https://");
    return check_headers(json_get(args, "headers"), err);
}

/* Method and address without query and credentials: what a stranger to the script may see. */
static void describe(const struct op *op, struct buf *out)
{
    const char *url = json_string(op->args, "url");
    const char *host = strstr(url, "://") + 3;
    const char *end = host + strcspn(host, "?#");
    const char *path = host + strcspn(host, "/?#");
    const char *at = memrchr(host, '@', (size_t)(path - host));
    struct buf shown;
    buf_init(&shown, 16 << 10);
    buf_add(&shown, url, (size_t)(host - url));
    host = at ? at + 1 : host;
    buf_add(&shown, host, (size_t)(end - host));
    buf_str(out, "{\"method\":");
    json_put_cstr(out, json_string(op->args, "method"));
    buf_str(out, ",\"url\":");
    json_put_string(out, buf_view(&shown));
    buf_char(out, '}');
    buf_done(&shown);
}

static void put_headers(struct buf *out, const struct http_answer *a)
{
    bool first = true;
    for (int i = 0; a->names && a->names[i]; i++) {
        bool seen = false; /* of a repeated name the last value counts, but for set-cookie nobody minds */
        for (int j = i + 1; a->names[j]; j++)
            seen = seen || strcmp(a->names[i], a->names[j]) == 0;
        if (seen)
            continue;
        json_field(out, &first, a->names[i]);
        json_put_cstr(out, a->values[i]);
    }
    buf_str(out, first ? "{}" : "}");
}

static void finish(struct op *op, const struct http_answer *a)
{
    if (a->failure) {
        op_failed(op, a->failure, text_of(a->message));
        return;
    }
    struct buf json;
    buf_init(&json, 8u << 20);
    buf_printf(&json, "{\"status\":%d,\"headers\":", a->status);
    put_headers(&json, a);
    buf_str(&json, ",\"body\":");
    json_put_string(&json, a->body.data ? a->body : TEXT(""));
    buf_char(&json, '}');
    if (json.full)
        op_failed(op, "too_large", TEXT("the answer is too large to journal"));
    else
        op_done(op, buf_view(&json));
    buf_done(&json);
}

static bool retry_wanted(const struct op *op, const struct http_answer *a)
{
    const cJSON *retry = json_get(op->args, "retry");
    double times = json_number(retry, "times", 0);
    if (op->attempt > times || op->attempt > RETRIES_MAX)
        return false;
    const cJSON *on = json_get(retry, "on");
    if (!cJSON_IsArray(on)) /* the rule without a list: what may well pass by itself */
        return a->failure ? strcmp(a->failure, "refused") != 0 && strcmp(a->failure, "too_large") != 0
                          : a->status == 429 || a->status >= 500;
    for (const cJSON *x = on->child; x; x = x->next) {
        if (cJSON_IsNumber(x) && !a->failure && x->valueint == a->status)
            return true;
        if (cJSON_IsString(x) && a->failure && strcmp(x->valuestring, a->failure) == 0)
            return true;
    }
    return false;
}

/* Exponential, half of it jitter, so that many runs do not come back at once; an answer's Retry-After is obeyed. */
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

static void start(struct op *op);

static void again(struct timer *t)
{
    start(CONTAINER_OF(t, struct op, timer));
}

static void on_answer(void *arg, const struct http_answer *a)
{
    struct op *op = arg;
    op->state = NULL;
    if (!retry_wanted(op, a)) {
        finish(op, a);
        return;
    }
    int64_t delay = retry_delay(op, a);
    char code[16];
    snprintf(code, sizeof code, "%d", a->status);
    struct run *r = op->run;
    op_retrying(op, delay, a->failure ? a->failure : code, text_of(a->failure ? a->message : "the answer's status asks for another try"));
    if (r->phase != RUN_ENDED)
        timers_set(&r->e->timers, &op->timer, delay, again);
}

static char **header_lines(const struct op *op)
{
    char **lines = mem_zero(HEADERS_MAX + 2, sizeof *lines);
    int n = 0;
    for (const cJSON *h = json_get(op->args, "headers") ? json_get(op->args, "headers")->child : NULL; h; h = h->next) {
        size_t size = strlen(h->string) + strlen(h->valuestring) + 3;
        lines[n] = mem_alloc(size);
        snprintf(lines[n++], size, "%s: %s", h->string, h->valuestring);
    }
    lines[n] = mem_alloc(128);
    snprintf(lines[n], 128, "Idempotency-Key: %s-%u", op->run->id, op->step);
    return lines;
}

static void start(struct op *op)
{
    char **lines = header_lines(op);
    const char *body = json_string(op->args, "body");
    double timeout = json_number(op->args, "timeout_ms", TIMEOUT_MS);
    struct http_request request = {
        .method = json_string(op->args, "method"),
        .url = json_string(op->args, "url"),
        .headers = (const char *const *)lines,
        .body = text_of(body),
        .timeout_ms = (int64_t)(timeout < 1 ? 1 : timeout > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : timeout),
    };
    op->state = http_start(op->run->e->http, &request, on_answer, op);
    for (int i = 0; lines[i]; i++)
        free(lines[i]);
    free(lines);
}

static void drop(struct op *op)
{
    if (op->state && op->run->e->http) /* a closed client has cancelled all by itself */
        http_cancel(op->state);
    op->state = NULL;
}

const struct op_kind op_http = {.name = "http", .check = check, .describe = describe, .start = start, .drop = drop};
