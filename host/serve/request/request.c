/* SPDX-License-Identifier: MIT */
#include "serve/request/request.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "serve/request/cors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- saying no */

static void set_retry(struct request *q, const struct refusal *r)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)(r->retry_s ? r->retry_s : 1));
    exchange_set(q->x, "Retry-After", seconds);
}

void request_refuse(struct request *q, const struct refusal *r)
{
    bool open = !exchange_answered(q->x) && !q->held;
    if (open && !(r->verdict == VERDICT_UNAUTHORIZED && auth_delay_takes(q, r)))
        request_say(q, r);
}

void request_say(struct request *q, const struct refusal *r)
{
    if (r->run)
        request_names_run(q, r->run);
    cors_answer(q);
    int status = verdict_status(r->verdict);
    if (status == 429 || status == 503)
        set_retry(q, r);
    if (status == 401)
        exchange_set(q->x, "WWW-Authenticate", "Bearer realm=\"moontide\"");
    const struct route *route = q->route ? q->route : q->near;
    (route && route->refuse ? route->refuse : refuse_problem)(q, r);
}

void request_no(struct request *q, enum verdict v, const char *detail)
{
    struct refusal r = {.verdict = v, .detail = detail};
    request_refuse(q, &r);
}

static void put_if_any(struct buf *b, const char *name, const char *value)
{
    if (value)
        json_word(b, name, value);
}

void request_put_run_error(struct buf *b, const struct refusal *r)
{
    if (!r->code)
        return;
    json_open(b, "error", '{');
    json_word(b, "code", r->code);
    json_word(b, "message", r->detail);
    json_word(b, "at", r->at);
    json_close(b, '}');
}

void refuse_problem(struct request *q, const struct refusal *r)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    json_open(&b, NULL, '{');
    json_word(&b, "type", "about:blank");
    json_int(&b, "status", verdict_status(r->verdict));
    json_word(&b, "title", verdict_text(r->verdict));
    json_word(&b, "code", verdict_code(r->verdict));
    put_if_any(&b, "detail", r->detail);
    put_if_any(&b, "field", r->field);
    put_if_any(&b, "runId", r->run);
    request_put_run_error(&b, r);
    json_word(&b, "requestId", exchange_request_id(q->x));
    json_close(&b, '}');
    exchange_answer(q->x, verdict_status(r->verdict), "application/problem+json", buf_view(&b));
    buf_done(&b);
}

void request_json(struct request *q, int status, struct text json)
{
    cors_answer(q);
    exchange_answer(q->x, status, "application/json", json);
}

void request_names_run(struct request *q, const char *run)
{
    exchange_set(q->x, "X-Run-Id", run);
}

/* ---- reading */

bool request_media_ok(struct request *q)
{
    struct text type = exchange_header(q->x, "content-type");
    if (!type.data || !exchange_body(q->x).data)
        return true;
    struct text rest = type;
    struct text media = text_trim(text_cut(&rest, ';'));
    bool suffix =
        media.len > 5 && text_is_fold((struct text){media.data + media.len - 5, 5}, "+json");
    if (suffix || text_is_fold(media, "application/json") || text_is_fold(media, "text/json"))
        return true;
    char detail[200];
    snprintf(detail, sizeof detail,
             "Content-Type is \"%.*s\"; send application/json, or no Content-Type",
             (int)(media.len > 100 ? 100 : media.len), media.data);
    struct refusal r = {.verdict = VERDICT_MEDIA_TYPE, .detail = detail, .field = "Content-Type"};
    request_refuse(q, &r);
    return false;
}

static bool blank(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!strchr(" \t\r\n", t.data[i]) || t.data[i] == 0)
            return false;
    return true;
}

bool request_object(struct request *q, cJSON **tree)
{
    struct text body = exchange_body(q->x);
    struct error err;
    *tree = NULL;
    if (!body.data || blank(body))
        return true;
    *tree = json_parse(body, &err);
    if (!*tree) {
        struct refusal r = {.verdict = VERDICT_MALFORMED, .detail = err.text, .field = ""};
        request_refuse(q, &r);
        return false;
    }
    if (cJSON_IsObject(*tree))
        return true;
    cJSON_Delete(*tree);
    *tree = NULL;
    struct refusal r = {
        .verdict = VERDICT_INVALID, .detail = "the body must be a JSON object", .field = ""};
    request_refuse(q, &r);
    return false;
}

const char *request_caller(const struct request *q)
{
    return q->subject[0] ? q->subject : q->key.id;
}

struct text request_bearer(const struct request *q)
{
    struct text rest = exchange_header(q->x, "authorization");
    struct text scheme = text_cut(&rest, ' ');
    return text_is_fold(scheme, "bearer") ? text_trim(rest) : TEXT_NONE;
}

static const char *const hidden_headers[] = {"authorization",     "proxy-authorization",
                                             "x-api-key",         "cookie",
                                             "x-workflow-secret", "x-gitlab-token"};

static void put_header(void *arg, struct text name, struct text value)
{
    struct buf *out = arg;
    for (size_t i = 0; i < ARRAY_LEN(hidden_headers); i++)
        if (text_is(name, hidden_headers[i]))
            return;
    json_text(out, NULL, name);
    buf_char(out, ':');
    json_text(out, NULL, value);
}

void request_put_headers(struct buf *out, const void *request)
{
    const struct request *q = request;
    json_open(out, NULL, '{');
    exchange_headers(q->x, put_header, out);
    json_close(out, '}');
}

bool request_query_u64(struct request *q, const char *name, uint64_t fallback, uint64_t max,
                       uint64_t *out)
{
    char value[32], detail[120];
    int times = text_query(exchange_query(q->x), name, value, sizeof value);
    *out = fallback;
    if (times == 0)
        return true;
    if (times == 1 && text_u64(text_of(value), out) && *out <= max)
        return true;
    snprintf(detail, sizeof detail, "%s: expected one whole number up to %llu", name,
             (unsigned long long)max);
    struct refusal r = {.verdict = VERDICT_INVALID, .detail = detail, .field = name};
    request_refuse(q, &r);
    return false;
}

bool request_prefers(const struct request *q, const char *media, const char *other)
{
    struct text accept = exchange_header(q->x, "accept");
    while (accept.data) {
        struct text part = text_cut(&accept, ',');
        struct text named = text_trim(text_cut(&part, ';'));
        if (text_is_fold(named, media))
            return true;
        if (text_is_fold(named, other))
            return false;
    }
    return false;
}
