/* SPDX-License-Identifier: MIT */
#include "fakes/http.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct http fake_http;

static void free_call(struct http_call *call)
{
    for (size_t i = 0; call->headers[i]; i++)
        free(call->headers[i]);
    free(call->method);
    free(call->url);
    free(call->body);
    free(call);
}

static struct http_call *take_out(size_t n)
{
    assert(n < fake_http.count);
    struct http_call *call = fake_http.calls[n];
    memmove(&fake_http.calls[n], &fake_http.calls[n + 1],
            (--fake_http.count - n) * sizeof fake_http.calls[0]);
    return call;
}

/* ---- net/http.h */

struct http *http_new(uv_loop_t *loop, const cJSON *egress_allow, struct error *err)
{
    (void)loop;
    (void)egress_allow;
    (void)err;
    memset(&fake_http, 0, sizeof fake_http);
    return &fake_http;
}

struct http_call *http_start(struct http *h, const struct http_request *request, http_fn fn,
                             void *arg)
{
    assert(h->count < FAKE_HTTP_CALLS && request->url && request->method);
    struct http_call *call = mem_zero(1, sizeof *call);
    call->method = mem_text(request->method);
    call->url = mem_text(request->url);
    for (size_t i = 0; request->headers && request->headers[i]; i++) {
        assert(i < FAKE_HTTP_HEADERS);
        call->headers[i] = mem_text(request->headers[i]);
    }
    if (request->body.data)
        call->body = mem_text_n(request->body.data, request->body.len);
    call->timeout_ms = request->timeout_ms;
    call->same_host = request->same_host;
    call->fn = fn;
    call->arg = arg;
    h->calls[h->count++] = call;
    h->started++;
    return call;
}

void http_cancel(struct http_call *call)
{
    size_t n = 0;
    while (n < fake_http.count && fake_http.calls[n] != call)
        n++;
    free_call(take_out(n)); /* one that has ended must not be cancelled */
    fake_http.cancelled++;
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
    while (h->count > 0)
        http_cancel(h->calls[0]);
    if (closed)
        closed(arg);
}

bool http_egress_ok(const struct http *h, const char *host, const char *address, int port,
                    const char **why)
{
    (void)h;
    (void)host;
    (void)address;
    (void)port;
    *why = NULL;
    return true;
}

/* ---- the test's side */

const char *fake_http_header(const struct http_call *call, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; call->headers[i]; i++)
        if (strncmp(call->headers[i], name, len) == 0 &&
            strncmp(call->headers[i] + len, ": ", 2) == 0)
            return call->headers[i] + len + 2;
    return NULL;
}

/* The call is gone only once fn has returned, so fn may look at it, but not cancel it. */
void fake_http_answer(size_t n, const struct http_answer *answer)
{
    struct http_call *call = take_out(n);
    call->fn(call->arg, answer);
    free_call(call);
}

void fake_http_reply(size_t n, int status, const char *body)
{
    static const char *const names[] = {"content-type", NULL};
    static const char *const values[] = {"application/json", NULL};
    fake_http_answer(n, &(struct http_answer){
                            .status = status,
                            .names = body ? names : names + 1,
                            .values = body ? values : values + 1,
                            .body = body ? text_of(body) : TEXT_NONE,
                            .retry_after_ms = -1,
                        });
}

void fake_http_fail(size_t n, const char *failure)
{
    static const char *const none[] = {NULL};
    fake_http_answer(n, &(struct http_answer){
                            .failure = failure,
                            .message = "the test said so",
                            .names = none,
                            .values = none,
                            .retry_after_ms = -1,
                        });
}
