/* SPDX-License-Identifier: MIT */
/* WebSocket over TLS. libwebsockets reads and writes its sockets itself, so it gets one end of a
 * socket pair, and the other end is here: what the client's records hold goes in, and what comes
 * out is sealed for the client. The connection's own link stays what it was: it carries records,
 * and deadlines, limits and counts hang on it.
 *
 * Either side that is slow stops the other. While the pair takes no more, the link is not read;
 * while the client takes no more, the pair is not read, so it fills, and libwebsockets says so. */
#include "base/log.h"
#include "base/mem.h"
#include "serve/door/door_conn.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 16384,            /* what one record of TLS holds */
    OPENED_MAX = 2 * DOOR_IO_BYTES, /* the link is not read while there is any of it */
};

struct tunnel {
    struct conn *conn;
    uv_poll_t poll;
    int fd, events;    /* our end, and what `poll` waits for */
    struct buf opened; /* what the client sent and the pair has no room for */
    bool client_done;  /* the client sends no more: behind `opened` comes an end */
    bool over;         /* libwebsockets has closed its end, and all that it sent is sealed */
};

static void on_poll(uv_poll_t *poll, int status, int events);

/* Polls for what can be done now. */
static void watch(struct tunnel *t)
{
    bool reads = !t->over && !link_behind_client(t->conn);
    int events = (t->opened.len > 0 ? UV_WRITABLE : 0) | (reads ? UV_READABLE : 0);
    if (events == t->events)
        return;
    t->events = events;
    if (events)
        uv_poll_start(&t->poll, events, on_poll);
    else
        uv_poll_stop(&t->poll);
}

/* Seals what there is for the client. When the client takes no more of it, its answer begins to
 * wait here: libwebsockets has written all that it had. */
static void seal_for_client(struct conn *c)
{
    struct tunnel *t = c->tunnel;
    char block[BLOCK_BYTES];
    ssize_t got = sizeof block;
    bool was_behind = link_behind_client(c);
    while (got == sizeof block && !t->over && !c->broken && !c->dying && !link_behind_client(c)) {
        got = recv(t->fd, block, sizeof block, 0);
        if (got > 0 && !tls_write(c, block, (size_t)got))
            c->broken = true;
        t->over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    }
    if (link_behind_client(c)) {
        link_want_write(c);
        if (!was_behind && c->x)
            answer_waits_anew(c);
    }
    watch(t);
}

bool tunnel_open(struct conn *c)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
        log_warn(NULL, "\"no WebSocket: cannot make a socket pair\" reason=\"%s\" peer=%s",
                 strerror(errno), c->address);
        return false;
    }
    struct tunnel *t = mem_zero(1, sizeof *t);
    t->conn = c;
    t->fd = pair[1];
    buf_init(&t->opened, OPENED_MAX);
    uv_poll_init(c->door->o.loop, &t->poll, t->fd);
    t->poll.data = t;
    c->tunnel = t;
    if (!link_upgrade(c, pair[0], socket_key(c->x)))
        return false;
    c->upgrade = false;
    watch(t);
    return true;
}

static void free_tunnel(uv_handle_t *handle)
{
    struct tunnel *t = handle->data;
    buf_done(&t->opened);
    free(t);
}

void tunnel_close(struct conn *c)
{
    struct tunnel *t = c->tunnel;
    if (!t)
        return;
    c->tunnel = NULL;
    link_drop_socket(c);
    uv_close((uv_handle_t *)&t->poll, free_tunnel);
    close(t->fd);
}

/* ---- from the client */

/* Bytes that libwebsockets will never read are dropped: its end is closed. */
static void send_opened(struct tunnel *t, struct text *in)
{
    ssize_t sent = send(t->fd, in->data, in->len, MSG_NOSIGNAL);
    size_t gone = sent >= 0 ? (size_t)sent : errno == EAGAIN || errno == EINTR ? 0 : in->len;
    in->data += gone;
    in->len -= gone;
}

static void send_end(struct tunnel *t)
{
    if (t->client_done && t->opened.len == 0)
        shutdown(t->fd, SHUT_WR);
}

void tunnel_push(struct conn *c, struct text *in)
{
    struct tunnel *t = c->tunnel;
    if (t->opened.len == 0)
        send_opened(t, in);
    if (in->len > 0) {
        buf_text(&t->opened, *in);
        c->broken = c->broken || t->opened.full;
        in->len = 0;
        watch(t);
    }
}

bool tunnel_takes(const struct conn *c)
{
    return !c->tunnel || (c->tunnel->opened.len == 0 && !c->tunnel->client_done);
}

void tunnel_client_done(struct conn *c)
{
    c->tunnel->client_done = true;
    send_end(c->tunnel);
}

static void push_rest(struct tunnel *t)
{
    struct text rest = buf_view(&t->opened);
    send_opened(t, &rest);
    buf_drop_front(&t->opened, t->opened.len - rest.len);
    send_end(t);
}

/* ---- to the client */

void tunnel_resume(struct conn *c)
{
    struct tunnel *t = c->tunnel;
    if (t && !t->over && !(t->events & UV_READABLE))
        seal_for_client(c);
}

bool tunnel_over(const struct conn *c)
{
    return c->tunnel && c->tunnel->over;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct tunnel *t = poll->data;
    struct conn *c = t->conn;
    (void)status; /* what is wrong with the pair shows when it is read */
    c->depth++;
    if (events & UV_WRITABLE)
        push_rest(t);
    seal_for_client(c);
    c->depth--;
    conn_settle(c);
}
