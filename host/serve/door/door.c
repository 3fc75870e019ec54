/* SPDX-License-Identifier: MIT */
/* Opens its own listening socket, accepts, limits, drains and closes. */
#include "serve/door/door.h"

#include "base/log.h"
#include "base/mem.h"
#include "serve/door/door_conn.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    ACCEPTS = 64,     /* a turn of the loop */
    BUSY_MARGIN = 64, /* so many over the limit still get a 503; the next ones are just closed */
    BUSY_PER_ADDRESS = 8,
    CLOSE_STEPS = 5, /* turns of the loop until libwebsockets has let go of its handles */
    WARN_EVERY_MS = 10000
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

int64_t door_now_ms(const struct door *d)
{
    return clock_mono_ms(d->o.clock);
}

static void fire_deadline(void *arg, struct wheel_node *n)
{
    (void)arg;
    conn_deadline(LIST_ENTRY(n, struct conn, deadline));
}

static void on_tick(uv_timer_t *tick)
{
    struct door *d = tick->data;
    wheel_advance(&d->wheel, door_now_ms(d), fire_deadline, NULL);
    if (d->wheel.armed == 0)
        uv_timer_stop(tick);
}

void door_arm(struct conn *c, int64_t due_ms)
{
    struct door *d = c->door;
    wheel_set(&d->wheel, &c->deadline, due_ms);
    if (!uv_is_active((uv_handle_t *)&d->tick) && !d->closing)
        uv_timer_start(&d->tick, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
}

static void on_idle(uv_idle_t *idle)
{
    struct door *d = idle->data;
    struct list now;
    uv_idle_stop(idle);
    list_init(&now);
    while (!list_empty(&d->later))
        list_add(&now, list_pop(&d->later));
    struct list *node;
    while ((node = list_pop(&now))) {
        struct exchange *x = LIST_ENTRY(node, struct exchange, later);
        if (x->conn)
            conn_settle(x->conn);
        else if (x->gone || x->answered)
            exchange_release(x);
    }
}

void door_tend(struct door *d)
{
    if (!d->closing)
        uv_idle_start(&d->idle, on_idle);
}

/* One client is one IPv4 address or one IPv6 /64: a host commonly owns the rest of the latter. */
static struct peer *count_peer(struct door *d, const union address *from)
{
    struct peer key = {.key_len = 4};
    if (from->any.sa_family == AF_INET) {
        memcpy(key.key, &from->v4.sin_addr, 4);
    } else if (IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr)) {
        memcpy(key.key, &from->v6.sin6_addr.s6_addr[12], 4);
    } else {
        key.key_len = 8;
        memcpy(key.key, &from->v6.sin6_addr, 8);
    }
    struct text name = {(const char *)key.key, key.key_len};
    struct peer *p = map_get(&d->peers, name);
    if (!p) {
        p = mem_dup(&key, sizeof key);
        map_put(&d->peers, name, p);
    }
    p->connections++;
    return p;
}

static void forget_peer(struct door *d, struct peer *p)
{
    if (--p->connections > 0)
        return;
    map_del(&d->peers, (struct text){(const char *)p->key, p->key_len});
    free(p);
}

void door_forget(struct conn *c)
{
    struct door *d = c->door;
    wheel_drop(&d->wheel, &c->deadline);
    list_del(&c->node);
    tunnel_close(c);
    tls_end(c);
    forget_peer(d, c->peer);
    d->count--;
    free(c);
}

static void name_address(const union address *from, char out[DOOR_ADDRESS_BYTES])
{
    if (from->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &from->v4.sin_addr, out, DOOR_ADDRESS_BYTES);
    else if (IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr))
        inet_ntop(AF_INET, &from->v6.sin6_addr.s6_addr[12], out, DOOR_ADDRESS_BYTES);
    else
        inet_ntop(AF_INET6, &from->v6.sin6_addr, out, DOOR_ADDRESS_BYTES);
}

static struct conn *conn_new(struct door *d, const union address *from)
{
    struct conn *c = mem_zero(1, sizeof *c);
    c->door = d;
    wheel_node_init(&c->deadline);
    list_add(&d->conns, &c->node);
    c->peer = count_peer(d, from);
    d->count++;
    name_address(from, c->address);
    return c;
}

static struct cidr_address cidr_of(const union address *from)
{
    struct cidr_address a = {.bytes = {[10] = 0xff, [11] = 0xff}};
    if (from->any.sa_family == AF_INET)
        memcpy(a.bytes + 12, &from->v4.sin_addr, 4);
    else
        memcpy(a.bytes, &from->v6.sin6_addr, sizeof a.bytes);
    return a;
}

static bool exceeds(size_t have, size_t limit, size_t margin)
{
    return limit > 0 && have > limit + margin;
}

void door_introduce(struct conn *c, const struct cidr_address *source)
{
    struct door *d = c->door;
    union address from = {.v6 = {.sin6_family = AF_INET6}};
    memcpy(&from.v6.sin6_addr, source->bytes, sizeof source->bytes);
    forget_peer(d, c->peer);
    c->peer = count_peer(d, &from);
    name_address(&from, c->address);
    if (exceeds(c->peer->connections, d->o.connections_per_address, 0))
        c->dying = true;
}

static void accept_or_close(struct door *d, int fd, const union address *from)
{
    static const int on = 1, quiet_s = 60, again_s = 15;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* A client that vanished without a word: sockets and streams may stay quiet for long. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &quiet_s, sizeof quiet_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &again_s, sizeof again_s);
    struct cidr_address peer = cidr_of(from);
    if (d->o.proxies && !cidr_list_holds(d->o.proxies, &peer)) {
        close(fd);
        return;
    }
    struct conn *c = conn_new(d, from);
    c->state = d->o.proxies ? CONN_PROXY : d->tls ? CONN_HELLO : CONN_IDLE;
    size_t mine = c->peer->connections, margin = d->tls ? 0 : BUSY_MARGIN;
    if (exceeds(d->count, d->o.connections, margin) ||
        exceeds(mine, d->o.connections_per_address, d->tls ? 0 : BUSY_PER_ADDRESS)) {
        close(fd);
        door_forget(c);
    } else if (!link_adopt(c, fd)) {
        door_forget(c);
    } else if (exceeds(d->count, d->o.connections, 0) ||
               exceeds(mine, d->o.connections_per_address, 0)) {
        answer_busy(c);
    } else {
        door_arm(c, door_now_ms(d) + (d->tls ? d->o.request_ms : d->o.idle_ms));
    }
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Out of descriptors: a connection left in the queue would wake the loop without end. The spare one
 * serves to drop it. */
static void drop_one(struct door *d, int errnum)
{
    int64_t now = door_now_ms(d);
    if (d->warned_ms == 0 || now - d->warned_ms > WARN_EVERY_MS) {
        log_warn(NULL, "cannot accept: %s; raise the limit of open files connections=%zu",
                 strerror(errnum), d->count);
        d->warned_ms = now;
    }
    if (d->spare_fd >= 0)
        close(d->spare_fd);
    int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    d->spare_fd = open_spare();
}

static void on_accept(uv_poll_t *listener, int status, int events)
{
    struct door *d = listener->data;
    (void)events;
    for (int i = 0; status == 0 && i < ACCEPTS && d->listener; i++) {
        union address from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(d->fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accept_or_close(d, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE) {
            drop_one(d, errno);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static bool parse_address(const struct door_options *o, union address *out, socklen_t *len)
{
    *out = (union address){0};
    if (inet_pton(AF_INET, o->host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)o->port);
        *len = sizeof out->v4;
        return true;
    }
    if (inet_pton(AF_INET6, o->host, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)o->port);
        *len = sizeof out->v6;
        return true;
    }
    return false;
}

static bool listen_on(struct door *d, struct error *err)
{
    static const int on = 1, off = 0;
    union address at;
    socklen_t len;
    const char *host = d->o.host;
    if (!parse_address(&d->o, &at, &len))
        return error_set(err, ERROR_INVALID, "cannot listen on %s: not a numeric address", host);
    d->fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0)
        return error_errno(err, errno, "cannot listen on %s:%d", host, d->o.port);
    setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at.any.sa_family == AF_INET6) /* "::" takes IPv4 too, whatever the system's default */
        setsockopt(d->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(d->fd, &at.any, len) < 0 || listen(d->fd, BACKLOG) < 0 ||
        getsockname(d->fd, &at.any, &len) < 0)
        return error_errno(err, errno, "cannot listen on %s:%d", host, d->o.port);
    d->port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
    d->listener = mem_zero(1, sizeof *d->listener);
    uv_poll_init(d->o.loop, d->listener, d->fd);
    d->listener->data = d;
    uv_poll_start(d->listener, UV_READABLE, on_accept);
    return true;
}

static void init(struct door *d, const struct door_options *options)
{
    d->o = *options;
    d->fd = -1;
    d->spare_fd = open_spare();
    d->tls = options->certificate ? tls_open() : NULL;
    list_init(&d->conns);
    list_init(&d->later);
    list_init(&d->exchanges);
    list_init(&d->spare);
    map_init(&d->peers);
    wheel_init(&d->wheel, door_now_ms(d));
    uv_timer_init(d->o.loop, &d->tick);
    uv_idle_init(d->o.loop, &d->idle);
    d->tick.data = d->idle.data = d;
}

struct door *door_open(const struct door_options *options, struct error *err)
{
    struct door *d = mem_zero(1, sizeof *d);
    init(d, options);
    if (!listen_on(d, err) || !link_open(d, err)) {
        door_close(d, NULL, NULL);
        return NULL;
    }
    return d;
}

int door_port(const struct door *d)
{
    return d->port;
}

size_t door_connections(const struct door *d)
{
    return d->count;
}

static void free_listener(uv_handle_t *handle)
{
    free(handle);
}

static void stop_listening(struct door *d)
{
    if (d->listener)
        uv_close((uv_handle_t *)d->listener, free_listener);
    d->listener = NULL;
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
}

void door_drain(struct door *d)
{
    d->draining = true;
    stop_listening(d);
    LIST_EACH(node, &d->conns)
    {
        struct conn *c = LIST_ENTRY(node, struct conn, node);
        bool quiet = c->state == CONN_IDLE || c->state == CONN_PROXY || c->state == CONN_HELLO;
        if (quiet && c->depth == 0)
            link_kill(c);
        else if (c->x && c->x->socket)
            socket_go_away(c);
    }
}

static void kill_all(struct door *d)
{
    LIST_EACH(node, &d->conns)
    link_kill(LIST_ENTRY(node, struct conn, node));
}

static void finish_close(struct door *d)
{
    void (*closed)(void *arg) = d->closed;
    void *arg = d->closed_arg;
    /* Routes hold these without having said so; nobody can be answered any more. */
    while (!list_empty(&d->exchanges))
        exchange_release(LIST_ENTRY(d->exchanges.next, struct exchange, node));
    exchange_free_spare(d);
    map_done(&d->peers);
    tls_close(d->tls);
    free(d->protocols);
    if (d->spare_fd >= 0)
        close(d->spare_fd);
    free(d);
    if (closed)
        closed(arg);
}

static void next_step(struct door *d);

static void on_step(uv_handle_t *handle)
{
    struct door *d = handle->data;
    if (d->steps == 0) { /* outside of any callback of libwebsockets now */
        kill_all(d);
        uv_close((uv_handle_t *)&d->tick, NULL);
        uv_close((uv_handle_t *)&d->idle, NULL);
        link_shut(d);
    }
    if (++d->steps < CLOSE_STEPS) {
        next_step(d);
        return;
    }
    /* By now its handles are closed; 4.1 wants to be asked again before it frees itself, 4.3 has
     * done so. */
    link_shut(d);
    finish_close(d);
}

/* A closed handle is reported at the end of a turn of the loop: the pace libwebsockets closes its
 * own handles at. */
static void next_step(struct door *d)
{
    uv_timer_init(d->o.loop, &d->step);
    d->step.data = d;
    uv_close((uv_handle_t *)&d->step, on_step);
}

void door_close(struct door *d, void (*closed)(void *arg), void *arg)
{
    if (!d)
        return;
    d->closed = closed;
    d->closed_arg = arg;
    d->closing = d->draining = true;
    stop_listening(d);
    next_step(d);
}
