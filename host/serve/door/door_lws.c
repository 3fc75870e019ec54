/* SPDX-License-Identifier: MIT */
/* The only file of the door that sees libwebsockets: the context on the host's own libuv loop,
 * adoption of accepted sockets, reading, writing and closing. Checked against 4.1.6 and 4.3.5. */
#include "base/log.h"
#include "base/mem.h"
#include "serve/door/door_conn.h"
#include <assert.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEAL_BYTES = 1024 }; /* what TLS adds to a write of DOOR_IO_BYTES, and more */

static_assert(DOOR_PAD >= LWS_PRE, "lws_write may use LWS_PRE bytes in front of what it is given");

/* What the library calls an error and is none. */
static const char *const noise[] = {
    "not h2 substream", /* lws_http_mark_sse on HTTP/1.1 */
    "calling service",  /* a socket adopted with bytes already read */
};

static void emit_log(int level, const char *line)
{
    (void)level;
    for (size_t i = 0; i < ARRAY_LEN(noise); i++) {
        if (strstr(line, noise[i]))
            return;
    }
    log_warn(NULL, "libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

static int on_close(struct lws *wsi, struct conn *c)
{
    if (!c || (c->link != wsi && c->speaker != wsi))
        return 0; /* never adopted to the end */
    lws_set_opaque_user_data(wsi, NULL);
    if (c->speaker == wsi)
        c->speaker = NULL;
    if (c->link != wsi)
        return 0; /* the tunnel will read the end */
    int copy = conn_closed(c, lws_get_socket_fd(wsi));
    if (copy < 0)
        return 0;
    bool kept = c->upgrade ? link_upgrade(c, copy, socket_key(c->x)) : link_adopt(c, copy);
    if (!kept) {
        c->dying = true;
        conn_closed(c, -1);
        return 0;
    }
    if (c->upgrade)
        link_want_write(c);
    conn_listen(c);
    return 0;
}

static struct conn *upgrading(struct lws *wsi)
{
    struct door *d = lws_context_user(lws_get_context(wsi));
    return d->upgrading;
}

/* fine: false when the connection must be closed. Through a tunnel its two ends are closed one
 * after the other: the speaker says goodbye first, unless the connection dies. */
static int keep_or_close(struct lws *wsi, struct conn *c, bool fine)
{
    if (fine)
        return 0;
    if (!c->tunnel)
        return -1;
    bool dies = c->dying || c->broken;
    if (c->leaving && !dies && c->speaker && wsi == c->link) {
        link_kill(c);
        return 0;
    }
    if (dies && wsi != c->link && c->x) {
        exchange_later(c->x);
        return 0;
    }
    return -1;
}

static int on_message(struct lws *wsi, struct conn *c, struct text piece)
{
    bool last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    bool binary = lws_frame_is_binary(wsi);
    return c ? keep_or_close(wsi, c, socket_receive(c, piece, last, binary)) : -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    (void)user;
    struct conn *c;
    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
        c = lws_get_opaque_user_data(wsi);
        c->link = wsi;
        return 0;
    case LWS_CALLBACK_RAW_RX:
        c = lws_get_opaque_user_data(wsi);
        return c ? keep_or_close(wsi, c, conn_receive(c, in, len)) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_RAW_WRITEABLE:
        c = lws_get_opaque_user_data(wsi);
        return c ? keep_or_close(wsi, c, conn_writable(c)) : -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return upgrading(wsi) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
        c = upgrading(wsi);
        c->speaker = wsi;
        if (!c->tunnel)
            c->link = wsi;
        c->state = CONN_SOCKET;
        lws_set_opaque_user_data(wsi, c);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return on_message(wsi, lws_get_opaque_user_data(wsi), (struct text){in, len});
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE:
        return on_close(wsi, lws_get_opaque_user_data(wsi));
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
        return -1; /* its HTTP role serves nothing here */
    default:
        return 0;
    }
}

/* The first serves connections, the second names the one that WebSocket clients ask for. */
static struct lws_protocols *name_protocols(const char *socket_protocol)
{
    struct lws_protocols *all = mem_zero(3, sizeof *all);
    all[0] = (struct lws_protocols){.name = "door",
                                    .callback = on_event,
                                    .rx_buffer_size = DOOR_IO_BYTES,
                                    .tx_packet_size = DOOR_IO_BYTES + SEAL_BYTES};
    if (socket_protocol) {
        all[1] = all[0];
        all[1].name = socket_protocol;
    }
    return all;
}

bool link_open(struct door *d, struct error *err)
{
    void *loops[] = {d->o.loop};
    d->protocols = name_protocols(d->o.socket_protocol);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = d->protocols,
        .user = d,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME | LWS_SERVER_OPTION_VALIDATE_UTF8,
        .foreign_loops = loops,
        .pcontext = &d->context,
        .pt_serv_buf_size = DOOR_IO_BYTES + LWS_PRE,
        .max_http_header_data2 = HEAD_BYTES,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .vhost_name = "door",
    };
    lws_set_log_level(LLL_ERR, emit_log); /* warnings are what a client can provoke */
    d->context = lws_create_context(&info);
    if (!d->context)
        return error_set(err, ERROR_IO,
                         "libwebsockets does not start; is libwebsockets-evlib-uv installed?");
    d->vhost = lws_create_vhost(d->context, &info);
    if (!d->vhost)
        return error_set(err, ERROR_INTERNAL, "libwebsockets makes no virtual host");
    return true;
}

void link_shut(struct door *d)
{
    if (d->context)
        lws_context_destroy(d->context);
}

bool link_adopt(struct conn *c, int fd)
{
    lws_adopt_desc_t info = {
        .vh = c->door->vhost,
        .type = LWS_ADOPT_SOCKET,
        .fd = {.sockfd = fd},
        .opaque = c,
    };
    c->link = NULL;
    return lws_adopt_descriptor_vhost_via_info(&info) && c->link;
}

/* What the client sent has been checked by door_head.c; libwebsockets' own parser gets to see a
 * head of ours, with the one value that counts. It answers 101 and takes over from there. */
bool link_upgrade(struct conn *c, int fd, struct text key)
{
    struct buf head;
    buf_init(&head, HEAD_BYTES);
    buf_printf(&head,
               "GET / HTTP/1.1\r\nHost: door\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n"
               "Sec-WebSocket-Protocol: %s\r\n\r\n",
               (int)key.len, key.data, c->door->o.socket_protocol);
    c->speaker = NULL;
    c->door->upgrading = c;
    struct lws *wsi = lws_adopt_socket_vhost_readbuf(c->door->vhost, fd, head.data, head.len);
    c->door->upgrading = NULL;
    buf_done(&head);
    if (wsi && !c->speaker)
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    return wsi && c->speaker;
}

void link_drop_socket(struct conn *c)
{
    if (!c->speaker)
        return;
    lws_set_opaque_user_data(c->speaker, NULL);
    lws_set_timeout(c->speaker, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    c->speaker = NULL;
}

bool link_send(struct conn *c, char *data, size_t len)
{
    return c->speaker && lws_write(c->speaker, (unsigned char *)data, len, LWS_WRITE_TEXT) >= 0;
}

void link_bye(struct conn *c, int code)
{
    if (c->speaker)
        lws_close_reason(c->speaker, (enum lws_close_status)code, NULL, 0);
}

bool link_write(struct conn *c, char *data, size_t len)
{
    return c->tls ? tls_write(c, data, len) : link_put(c, data, len);
}

bool link_put(struct conn *c, char *data, size_t len)
{
    return c->link && lws_write(c->link, (unsigned char *)data, len, LWS_WRITE_RAW) >= 0;
}

bool link_behind_client(const struct conn *c)
{
    return c->link && lws_partial_buffered(c->link);
}

bool link_behind(const struct conn *c)
{
    return link_behind_client(c) || (c->speaker && lws_partial_buffered(c->speaker));
}

/* Of the two ends of a tunnel the one that is waited for: the other can be written without end. */
void link_want_write(struct conn *c)
{
    bool speaker = c->speaker && !link_behind_client(c);
    lws_callback_on_writable(speaker ? c->speaker : c->link);
}

/* While something waits to be written the raw role reads nothing, and would be told without end
 * that it could. */
void link_mute(struct conn *c, bool mute, bool speaker)
{
    c->muted = mute;
    c->speaker_muted = speaker;
    lws_rx_flow_control(c->link, !mute);
    if (c->tunnel && c->speaker)
        lws_rx_flow_control(c->speaker, !speaker);
}

int link_fd(const struct conn *c)
{
    return lws_get_socket_fd(c->link);
}

static void kill_now(struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

/* libwebsockets closes a WebSocket only once its peer has taken what waits to be written, which may
 * be never. A write that fails tells it that this is in vain. */
static void fail_waiting_write(struct lws *wsi)
{
    unsigned char none[DOOR_PAD] = {0};
    if (!lws_partial_buffered(wsi))
        return;
    shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
    (void)lws_write(wsi, none + DOOR_PAD, 0, LWS_WRITE_TEXT);
}

/* A WebSocket that takes its leave is killed twice: the first time says goodbye. */
void link_kill(struct conn *c)
{
    if (!c->leaving || c->broken)
        c->dying = true;
    if (c->tunnel && c->speaker && !c->dying) {
        kill_now(c->speaker);
        return;
    }
    if (!c->x)
        tls_bye(c); /* it ends well; not so within an answer, which would look whole */
    if (c->link && c->link == c->speaker && c->dying)
        fail_waiting_write(c->link);
    if (c->link)
        kill_now(c->link);
}
