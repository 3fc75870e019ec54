/* SPDX-License-Identifier: MIT */
/* fake_server.h - an HTTP server on loopback within the test's own loop. It answers each path with
 * the bytes that the test prepared, or never. Owner: a test. Thread: the loop's. */
#pragma once
#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { FAKE_ROUTES = 16, FAKE_INPUT = 4 << 20, FAKE_READ = 64 << 10 };

struct fake_route {
    const char *path; /* up to '?' */
    char *answer;     /* malloc'ed; NULL: keep the caller waiting */
    size_t len;
    bool close; /* hang up after the answer */
};

struct fake_server {
    uv_tcp_t tcp;
    int port;
    struct fake_route routes[FAKE_ROUTES];
    size_t count;
    struct buf seen; /* the requests, one after the other, as they came */
    int requests, accepted, open, peak;
    const char *greeting; /* written at once, whatever the client says */
    int hold;             /* answers are kept back until so many requests have come */
    struct list clients;
};

struct fake_client {
    uv_tcp_t tcp;
    struct fake_server *server;
    struct buf in;
    char chunk[FAKE_READ];
    const struct fake_route *waiting;
    struct list link;
};

struct fake_write {
    uv_write_t write;
    bool close;
};

static inline void fake_client_closed(uv_handle_t *handle)
{
    struct fake_client *c = handle->data;
    c->server->open--;
    buf_done(&c->in);
    free(c);
}

static inline void fake_client_close(struct fake_client *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    list_del(&c->link);
    uv_close((uv_handle_t *)&c->tcp, fake_client_closed);
}

static inline void fake_written(uv_write_t *write, int status)
{
    struct fake_write *w = (struct fake_write *)write;
    if (status < 0 || w->close)
        fake_client_close(write->handle->data);
    free(w);
}

static inline void fake_answer(struct fake_client *c)
{
    const struct fake_route *route = c->waiting;
    c->waiting = NULL;
    if (!route->answer)
        return;
    struct fake_write *w = mem_zero(1, sizeof *w);
    w->close = route->close;
    uv_buf_t bytes = uv_buf_init(route->answer, (unsigned)route->len);
    uv_write(&w->write, (uv_stream_t *)&c->tcp, &bytes, 1, fake_written);
}

static inline void fake_dispatch(struct fake_client *c)
{
    static const struct fake_route silence = {0};
    struct fake_server *s = c->server;
    const char *path = strchr(c->in.data, ' ') + 1;
    size_t len = strcspn(path, " ?");
    c->waiting = &silence;
    for (size_t i = 0; i < s->count; i++) {
        if (strlen(s->routes[i].path) == len && memcmp(s->routes[i].path, path, len) == 0)
            c->waiting = &s->routes[i];
    }
    if (++s->requests < s->hold)
        return;
    LIST_EACH(node, &s->clients)
    {
        struct fake_client *other = LIST_ENTRY(node, struct fake_client, link);
        if (other->waiting)
            fake_answer(other);
    }
}

static inline void fake_consume(struct fake_client *c)
{
    while (c->in.len > 0) {
        char *end = strstr(c->in.data, "\r\n\r\n");
        if (!end)
            return;
        const char *length = strcasestr(c->in.data, "\ncontent-length:");
        size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
        size_t whole = (size_t)(end - c->in.data) + 4 + body;
        if (c->in.len < whole)
            return;
        buf_add(&c->server->seen, c->in.data, whole);
        fake_dispatch(c);
        buf_drop_front(&c->in, whole);
    }
}

static inline void fake_alloc(uv_handle_t *handle, size_t size, uv_buf_t *out)
{
    (void)size;
    struct fake_client *c = handle->data;
    *out = uv_buf_init(c->chunk, sizeof c->chunk);
}

static inline void fake_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *bytes)
{
    struct fake_client *c = stream->data;
    if (got < 0) {
        fake_client_close(c);
        return;
    }
    buf_add(&c->in, bytes->base, (size_t)got);
    fake_consume(c);
}

static inline void fake_accept(uv_stream_t *stream, int status)
{
    struct fake_server *s = stream->data;
    struct fake_client *c = mem_zero(1, sizeof *c);
    (void)status;
    c->server = s;
    buf_init(&c->in, FAKE_INPUT);
    uv_tcp_init(stream->loop, &c->tcp);
    c->tcp.data = c;
    uv_accept(stream, (uv_stream_t *)&c->tcp);
    list_add(&s->clients, &c->link);
    s->accepted++;
    if (++s->open > s->peak)
        s->peak = s->open;
    uv_read_start((uv_stream_t *)&c->tcp, fake_alloc, fake_read);
    if (s->greeting) {
        struct fake_write *w = mem_zero(1, sizeof *w);
        uv_buf_t bytes = uv_buf_init((char *)s->greeting, (unsigned)strlen(s->greeting));
        uv_write(&w->write, (uv_stream_t *)&c->tcp, &bytes, 1, fake_written);
    }
}

static inline void fake_start(struct fake_server *s, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int len = sizeof address;
    memset(s, 0, sizeof *s);
    list_init(&s->clients);
    buf_init(&s->seen, FAKE_INPUT);
    uv_tcp_init(loop, &s->tcp);
    s->tcp.data = s;
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&s->tcp, (struct sockaddr *)&address, 0);
    uv_listen((uv_stream_t *)&s->tcp, 1024, fake_accept);
    uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&address, &len);
    s->port = ntohs(address.sin_port);
    uv_unref((uv_handle_t *)&s->tcp);
}

/* Takes the malloc'ed answer. */
static inline struct fake_route *fake_route(struct fake_server *s, const char *path, char *answer,
                                            size_t len)
{
    struct fake_route *route = &s->routes[s->count++];
    *route = (struct fake_route){path, answer, len, false};
    return route;
}

/* "200 OK", further header lines (each with CRLF), body. */
static inline void fake_page(struct fake_server *s, const char *path, const char *status,
                             const char *headers, struct text body)
{
    struct buf b;
    buf_init(&b, FAKE_INPUT);
    buf_printf(&b, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, body.len, headers);
    buf_text(&b, body);
    size_t len = b.len;
    fake_route(s, path, buf_take(&b), len);
}

/* Closes everything; the loop must run on once. */
static inline void fake_stop(struct fake_server *s)
{
    LIST_EACH(node, &s->clients)
    fake_client_close(LIST_ENTRY(node, struct fake_client, link));
    if (!uv_is_closing((uv_handle_t *)&s->tcp))
        uv_close((uv_handle_t *)&s->tcp, NULL);
    for (size_t i = 0; i < s->count; i++)
        free(s->routes[i].answer);
    s->count = 0;
    buf_done(&s->seen);
}
