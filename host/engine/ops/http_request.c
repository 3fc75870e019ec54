/* SPDX-License-Identifier: MIT */
#include "engine/ops/http_request.h"
#include "base/json_out.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 30000, TIMEOUT_MAX_MS = 10 * 60000, SHOWN_MAX = 16 << 10 };

static const char *const methods[] = {"GET",    "POST", "PUT",     "PATCH",
                                      "DELETE", "HEAD", "OPTIONS", NULL};

/* ---- checking */

static bool lacks(const cJSON *text, const char *characters)
{
    int pos = 0;
    for (const char *literal; (literal = secret_text_next(text, &pos));)
        if (strpbrk(literal, characters))
            return false;
    return true;
}

static bool check_headers(const cJSON *headers, struct error *err)
{
    int count = 0;
    for (const cJSON *h = headers ? headers->child : NULL; h; h = h->next, count++) {
        const char *name = h->string ? h->string : "";
        if (!secret_text_ok(h, err))
            return error_context(err, "header \"%.100s\"", name);
        if (!lacks(h, "\r\n") || strpbrk(name, "\r\n: "))
            return error_set(err, ERROR_INVALID,
                             "header \"%.100s\": a line break, colon or space is not allowed there",
                             name);
    }
    if (count > HTTP_REQUEST_HEADERS)
        return error_set(err, ERROR_LIMIT, "%d headers are more than the limit of %d", count,
                         HTTP_REQUEST_HEADERS);
    return true;
}

/* Where the request goes must be readable before any secret is: the host is in the first literal.
 */
static bool check_url(const cJSON *url, struct error *err)
{
    struct secret_target target;
    const char *front = secret_text_front(url);
    if (!url || !secret_text_ok(url, err) ||
        (strncmp(front, "http://", 7) != 0 && strncmp(front, "https://", 8) != 0))
        return error_set(err, ERROR_INVALID, "url: expected http:// or https://");
    if (!secret_text_is(url))
        return true;
    if (!secret_target_read(text_of(front), &target) || !front[target.bytes] || !lacks(url, "#"))
        return error_set(err, ERROR_INVALID,
                         "url: a secret can stand in the path or the query alone");
    return true;
}

bool http_request_check(const cJSON *args, struct error *err)
{
    const char *method = json_string(args, "method");
    const cJSON *body = json_get(args, "body");
    bool known = false;
    for (int i = 0; method && methods[i]; i++)
        known = known || strcmp(method, methods[i]) == 0;
    if (!known)
        return error_set(err, ERROR_INVALID,
                         "method: expected one of GET POST PUT PATCH DELETE HEAD OPTIONS");
    if (body && !secret_text_ok(body, err))
        return error_context(err, "body");
    return check_url(json_get(args, "url"), err) && check_headers(json_get(args, "headers"), err);
}

/* ---- showing */

/* Method and address without query and credentials: what a stranger to the script may see. */
void http_request_describe(const struct op *op, struct buf *out)
{
    struct buf whole, shown;
    buf_init(&whole, SHOWN_MAX);
    buf_init(&shown, SHOWN_MAX);
    secret_text_show(json_get(op->args, "url"), &whole);
    const char *url = whole.data ? whole.data : "://"; /* longer than SHOWN_MAX */
    const char *host = strstr(url, "://") + 3;
    const char *end = host + strcspn(host, "?#");
    const char *path = host + strcspn(host, "/?#");
    const char *at = memrchr(host, '@', (size_t)(path - host));
    buf_add(&shown, url, (size_t)(host - url));
    host = at ? at + 1 : host;
    buf_add(&shown, host, (size_t)(end - host));
    json_open(out, NULL, '{');
    json_word(out, "method", json_string(op->args, "method"));
    json_text(out, "url", buf_view(&shown));
    json_close(out, '}');
    buf_done(&whole);
    buf_done(&shown);
}

/* ---- sending */

static bool has_secrets(const cJSON *args)
{
    const cJSON *headers = json_get(args, "headers");
    bool has = secret_text_is(json_get(args, "url")) || secret_text_is(json_get(args, "body"));
    for (const cJSON *h = headers ? headers->child : NULL; h; h = h->next)
        has = has || secret_text_is(h);
    return has;
}

static bool read_target(struct http_outgoing *o, const cJSON *args, struct error *err)
{
    const char *front = secret_text_front(json_get(args, "url"));
    o->request.same_host = has_secrets(args);
    if (!o->request.same_host || secret_target_read(text_of(front), &o->use.target))
        return true;
    o->use.code = "secret.host";
    return error_set(err, ERROR_INVALID,
                     "a request with a secret needs a plain address: https://, the host's name or "
                     "number, a port perhaps, and nothing else before the path");
}

static bool put_header(struct http_outgoing *o, const cJSON *h, struct error *err)
{
    struct buf *line = &o->lines[o->count];
    buf_init(line, HTTP_REQUEST_LINE);
    buf_reserve(line, strlen(h->string) + 3);
    buf_printf(line, "%s: ", h->string);
    if (!secret_text_fill(h, PLACE_PLAIN, &o->use, line, err))
        return error_context(err, "header %.100s", h->string);
    o->headers[o->count++] = line->data;
    return true;
}

static bool put_headers(struct http_outgoing *o, const struct op *op, struct error *err)
{
    const cJSON *headers = json_get(op->args, "headers");
    for (const cJSON *h = headers ? headers->child : NULL; h; h = h->next)
        if (!put_header(o, h, err))
            return false;
    struct buf *line = &o->lines[o->count];
    buf_init(line, HTTP_REQUEST_LINE);
    buf_printf(line, "Idempotency-Key: %s-%u", op->run->id, op->step);
    o->headers[o->count++] = line->data;
    o->request.headers = o->headers;
    return true;
}

static bool put_body(struct http_outgoing *o, const cJSON *body, struct error *err)
{
    if (!body)
        return true;
    if (!secret_text_fill(body, PLACE_PLAIN, &o->use, &o->body, err))
        return error_context(err, "body");
    o->request.body = o->body.data ? buf_view(&o->body) : TEXT("");
    return true;
}

bool http_outgoing_make(struct http_outgoing *o, const struct op *op, struct error *err)
{
    double timeout = json_number(op->args, "timeout_ms", TIMEOUT_MS);
    *o = (struct http_outgoing){.use = {.vault = op->run->e->vault, .code = "protocol"}};
    buf_init(&o->url, HTTP_REQUEST_LINE);
    buf_init(&o->body, HTTP_REQUEST_BODY);
    o->request.method = json_string(op->args, "method");
    o->request.timeout_ms = (int64_t)(timeout < 1                ? 1
                                      : timeout > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS
                                                                 : timeout);
    if (!read_target(o, op->args, err) || !put_headers(o, op, err) ||
        !put_body(o, json_get(op->args, "body"), err))
        return false;
    if (!secret_text_fill(json_get(op->args, "url"), PLACE_URL, &o->use, &o->url, err))
        return error_context(err, "url");
    o->request.url = o->url.data;
    return true;
}

void http_outgoing_done(struct http_outgoing *o)
{
    secret_text_wipe(&o->url);
    secret_text_wipe(&o->body);
    for (size_t i = 0; i < ARRAY_LEN(o->lines); i++)
        secret_text_wipe(&o->lines[i]);
    scrub_free(o->use.sent);
}
