/* SPDX-License-Identifier: MIT */
#include "serve/door/exchange.h"

#include "base/id.h"
#include "base/mem.h"
#include "serve/door/door_conn.h"
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_BYTES = 65536, /* a pooled exchange gives larger buffers back */
    EXTRA_MAX = 65536   /* header lines of the route */
};

static void clear_or_shrink(struct buf *b)
{
    if (b->cap > KEPT_BYTES)
        buf_done(b);
    buf_clear(b);
}

struct exchange *exchange_take(struct conn *c)
{
    struct door *d = c->door;
    struct exchange *x;
    if (list_empty(&d->spare)) {
        x = mem_zero(1, sizeof *x);
        buf_init(&x->in, HEAD_BYTES);
        buf_init(&x->out, DOOR_OUT_MAX);
        buf_init(&x->extra, EXTRA_MAX);
        buf_init(&x->body, DOOR_BODY_MAX);
        list_init(&x->node);
        list_init(&x->later);
    } else {
        x = LIST_ENTRY(list_pop(&d->spare), struct exchange, node);
        d->spares--;
    }
    list_add(&d->exchanges, &x->node);
    x->conn = c;
    x->door = d;
    head_init(&x->head);
    x->body_max = DOOR_BODY_MAX;
    memcpy(x->peer, c->address, sizeof x->peer);
    return x;
}

static void free_joined(struct exchange *x)
{
    while (x->joined) {
        struct joined *next = x->joined->next;
        free(x->joined);
        x->joined = next;
    }
}

static void free_exchange(struct exchange *x)
{
    free_joined(x);
    buf_done(&x->in);
    buf_done(&x->out);
    buf_done(&x->extra);
    buf_done(&x->body);
    free(x);
}

static void recycle(struct exchange *x)
{
    struct door *d = x->door;
    list_del(&x->node);
    list_del(&x->later);
    if (d->spares >= DOOR_POOL) {
        free_exchange(x);
        return;
    }
    free_joined(x);
    clear_or_shrink(&x->in);
    clear_or_shrink(&x->out);
    clear_or_shrink(&x->extra);
    clear_or_shrink(&x->body);
    x->conn = NULL;
    x->behind = x->sent = 0;
    x->stalled_since_us = 0;
    x->outq = 0;
    x->has_body = x->whole = x->seen_route = false;
    x->decided = false;
    x->answered = x->streaming = x->ended = x->wants_ready = x->has_cache_control = false;
    x->refuse = NULL;
    x->ready = NULL;
    x->message = NULL;
    x->socket = false;
    x->gone = NULL;
    x->data = NULL;
    x->request_id[0] = '\0';
    list_add(&d->spare, &x->node);
    d->spares++;
}

void exchange_release(struct exchange *x)
{
    void (*gone)(struct exchange *, void *) = x->gone;
    x->gone = NULL;
    x->conn = NULL;
    if (gone)
        gone(x, x->data);
    recycle(x);
}

void exchange_hung_up(struct exchange *x)
{
    x->conn = NULL;
    /* A route that holds x without having said so by exchange_own may still answer it. */
    if (x->gone || x->answered || !x->seen_route)
        exchange_release(x);
}

void exchange_later(struct exchange *x)
{
    if (!list_empty(&x->later))
        return;
    list_add(&x->door->later, &x->later);
    door_tend(x->door);
}

void exchange_free_spare(struct door *d)
{
    LIST_EACH(node, &d->spare)
    free_exchange(LIST_ENTRY(node, struct exchange, node));
    list_init(&d->spare);
}

static bool is_request_id(struct text t)
{
    if (t.len == 0 || t.len >= DOOR_REQUEST_ID)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    c == '.' || c == '_' || c == '-';
        if (!fine)
            return false;
    }
    return true;
}

void exchange_identify(struct exchange *x)
{
    struct text given = exchange_header(x, "x-request-id");
    if (given.data && is_request_id(given)) {
        memcpy(x->request_id, given.data, given.len);
        x->request_id[given.len] = '\0';
    } else {
        id_make(x->request_id, "req", clock_wall_ms(x->door->o.clock));
    }
}

static struct text view_span(const struct exchange *x, struct head_span s)
{
    return (struct text){x->in.data + s.at, s.len};
}

enum http_method exchange_method(const struct exchange *x)
{
    return x->head.method;
}

struct text exchange_method_name(const struct exchange *x)
{
    return view_span(x, x->head.method_name);
}

struct text exchange_path(const struct exchange *x)
{
    return x->head.path.len ? view_span(x, x->head.path) : TEXT("/");
}

struct text exchange_query(const struct exchange *x)
{
    return x->head.has_query ? view_span(x, x->head.query) : TEXT_NONE;
}

/* The values of all lines called name, joined; kept until the exchange ends. */
static struct text join_lines(const struct exchange *x, struct text name, size_t bytes)
{
    struct exchange *mine = (struct exchange *)x; /* a cache is no part of its meaning */
    struct joined *j = mem_alloc(sizeof *j + bytes);
    j->len = 0;
    for (size_t i = 0; i < x->head.count; i++) {
        struct text value = view_span(x, x->head.fields[i].value);
        if (!text_eq(view_span(x, x->head.fields[i].name), name))
            continue;
        if (j->len > 0) {
            memcpy(j->text + j->len, ", ", 2);
            j->len += 2;
        }
        memcpy(j->text + j->len, value.data, value.len);
        j->len += value.len;
    }
    j->next = x->joined;
    mine->joined = j;
    return (struct text){j->text, j->len};
}

static struct text find_header(const struct exchange *x, struct text wanted)
{
    struct text found = TEXT_NONE;
    size_t lines = 0, bytes = 0;
    for (size_t i = 0; i < x->head.count; i++) {
        if (!text_eq(view_span(x, x->head.fields[i].name), wanted))
            continue;
        found = view_span(x, x->head.fields[i].value);
        bytes += found.len + 2;
        lines++;
    }
    return lines > 1 ? join_lines(x, wanted, bytes) : found;
}

struct text exchange_header(const struct exchange *x, const char *name)
{
    return find_header(x, text_of(name));
}

static bool had_before(const struct exchange *x, struct text name, size_t line)
{
    for (size_t i = 0; i < line; i++)
        if (text_eq(view_span(x, x->head.fields[i].name), name))
            return true;
    return false;
}

void exchange_headers(const struct exchange *x,
                      void (*fn)(void *arg, struct text name, struct text value), void *arg)
{
    for (size_t i = 0; i < x->head.count; i++) {
        struct text name = view_span(x, x->head.fields[i].name);
        if (!had_before(x, name, i))
            fn(arg, name, find_header(x, name));
    }
}

struct text exchange_body(const struct exchange *x)
{
    return x->has_body && x->whole ? buf_view(&x->body) : TEXT_NONE;
}

const char *exchange_peer(const struct exchange *x)
{
    return x->peer;
}

const char *exchange_request_id(const struct exchange *x)
{
    return x->request_id;
}

void exchange_body_max(struct exchange *x, size_t bytes)
{
    x->body_max = bytes;
}

void exchange_on_refuse(struct exchange *x,
                        void (*refuse)(struct exchange *x, int verdict, const char *detail))
{
    x->refuse = refuse;
}

void exchange_own(struct exchange *x, void *data, void (*gone)(struct exchange *x, void *data))
{
    x->data = data;
    x->gone = gone;
    if (!x->conn)
        exchange_later(x);
}

void *exchange_data(const struct exchange *x)
{
    return x->data;
}

void exchange_decided(struct exchange *x)
{
    x->decided = true;
}

bool exchange_answered(const struct exchange *x)
{
    return x->answered;
}
