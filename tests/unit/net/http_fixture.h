/* SPDX-License-Identifier: MIT */
/* http_fixture.h - a loop, a fake server and a client, fresh for each test. */
#pragma once
#include "fake_server.h"
#include "net/http.h"
#include "test.h"
#include <signal.h>

enum { URL_BYTES = 512, CALL_TIMEOUT_MS = 20000 };

struct world {
    uv_loop_t loop;
    struct fake_server server;
    struct http *http;
    bool closed;
};

struct outcome { /* a copy of struct http_answer */
    uv_loop_t *loop;
    int calls;
    char *failure, *message;
    int status;
    char *headers; /* "name: value\n" … */
    struct buf body;
    int64_t retry_after_ms;
};

/* What may be called by a timer stops the loop: UV_RUN_ONCE runs the timers before it waits. */
static inline void outcome_take(void *arg, const struct http_answer *answer)
{
    struct outcome *o = arg;
    struct buf headers;
    o->calls++;
    uv_stop(o->loop);
    o->failure = mem_text(answer->failure);
    o->message = mem_text(answer->message);
    o->status = answer->status;
    o->retry_after_ms = answer->retry_after_ms;
    buf_init(&headers, 1 << 20);
    for (size_t i = 0; answer->names[i]; i++)
        buf_printf(&headers, "%s: %s\n", answer->names[i], answer->values[i]);
    o->headers = headers.data ? buf_take(&headers) : mem_text("");
    buf_init(&o->body, 2 << 20);
    buf_text(&o->body, answer->body);
}

static inline void outcome_done(struct outcome *o)
{
    free(o->failure);
    free(o->message);
    free(o->headers);
    buf_done(&o->body);
    memset(o, 0, sizeof *o);
}

static inline struct http *client_new(uv_loop_t *loop, const char *allow)
{
    struct error err = {0};
    cJSON *list = allow ? cJSON_Parse(allow) : NULL;
    struct http *h = http_new(loop, list, &err);
    cJSON_Delete(list);
    assert_non_null(h);
    return h;
}

static inline void mark_closed(void *arg)
{
    *(bool *)arg = true;
}

static inline void client_close(struct world *w)
{
    w->closed = false;
    http_close(w->http, mark_closed, &w->closed);
    w->http = NULL;
    while (!w->closed)
        uv_run(&w->loop, UV_RUN_ONCE);
}

/* The client may reach 127.0.0.1 and nothing else that is guarded. */
static inline int world_open(void **state)
{
    struct world *w = mem_zero(1, sizeof *w);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&w->loop);
    fake_start(&w->server, &w->loop);
    w->http = client_new(&w->loop, "[\"127.0.0.1\"]");
    *state = w;
    return 0;
}

static inline int world_close(void **state)
{
    struct world *w = *state;
    if (w->http)
        client_close(w);
    fake_stop(&w->server);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    free(w);
    return 0;
}

static inline void world_allow(struct world *w, const char *allow)
{
    client_close(w);
    w->http = client_new(&w->loop, allow);
}

static inline const char *url_of(const struct world *w, char url[URL_BYTES], const char *path)
{
    snprintf(url, URL_BYTES, "http://127.0.0.1:%d%s", w->server.port, path);
    return url;
}

static inline struct outcome ask(struct world *w, const struct http_request *request)
{
    struct outcome o = {.loop = &w->loop};
    struct http_request r = *request;
    r.timeout_ms = r.timeout_ms ? r.timeout_ms : CALL_TIMEOUT_MS;
    http_start(w->http, &r, outcome_take, &o);
    assert_int_equal(o.calls, 0);
    while (o.calls == 0)
        uv_run(&w->loop, UV_RUN_ONCE);
    return o;
}

static inline struct outcome get(struct world *w, const char *path)
{
    char url[URL_BYTES];
    return ask(w, &(struct http_request){.method = "GET", .url = url_of(w, url, path)});
}

#define assert_failed(o, code)                                                                 \
    do {                                                                                       \
        if (!(o).failure || strcmp((o).failure, (code)) != 0)                                  \
            fail_msg("wanted %s, got %s (%s), status %d", (code),                              \
                     (o).failure ? (o).failure : "an answer", (o).message ? (o).message : "-", \
                     (o).status);                                                              \
    } while (0)
#define assert_answered(o, code)                                                               \
    do {                                                                                       \
        if ((o).failure || (o).status != (code))                                               \
            fail_msg("wanted %d, got %s (%s), status %d", (code),                              \
                     (o).failure ? (o).failure : "an answer", (o).message ? (o).message : "-", \
                     (o).status);                                                              \
    } while (0)
#define assert_contains(text, part)                            \
    do {                                                       \
        if (!strstr((text), (part)))                           \
            fail_msg("\"%s\" is not in:\n%s", (part), (text)); \
    } while (0)
#define assert_lacks(text, part)                           \
    do {                                                   \
        if (strstr((text), (part)))                        \
            fail_msg("\"%s\" is in:\n%s", (part), (text)); \
    } while (0)
#define net_test(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
