/* SPDX-License-Identifier: MIT */
/* WebSocket over an exchange: joins the pieces of messages that come in, and writes those that go
 * out one by one. */
#include "serve/door/door_conn.h"
#include <assert.h>
#include <string.h>

enum {
    PUMP_MESSAGES = 64,
    KEY_CHARS = 24, /* 16 bytes in base 64 */
    LEAVE_MS = 5000,
    NORMAL = 1000, /* codes of RFC 6455, 7.4.1 */
    GOING_AWAY = 1001,
    NOT_TEXT = 1003,
    TOO_LARGE = 1009
};

static bool is_key(struct text t)
{
    if (t.len != KEY_CHARS || t.data[22] != '=' || t.data[23] != '=')
        return false;
    for (size_t i = 0; i < KEY_CHARS - 2; i++) {
        char c = t.data[i];
        bool fine = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '+' || c == '/';
        if (!fine)
            return false;
    }
    return true;
}

static bool offers(const struct exchange *x, const char *protocol)
{
    struct text rest = exchange_header(x, "sec-websocket-protocol");
    while (rest.data) {
        if (text_is(text_trim(text_cut(&rest, ',')), protocol))
            return true;
    }
    return false;
}

struct text socket_key(const struct exchange *x)
{
    const char *protocol = x->door->o.socket_protocol;
    struct text key = exchange_header(x, "sec-websocket-key");
    bool fine = protocol && x->conn && x->head.websocket && key.data && is_key(key) &&
                offers(x, protocol) && text_is(exchange_header(x, "sec-websocket-version"), "13");
    return fine ? key : TEXT_NONE;
}

bool exchange_wants_socket(const struct exchange *x)
{
    /* Bytes behind the head came before our 101: frames of a client that cannot know it is one. */
    return socket_key(x).data && x->conn && !x->conn->flooded && x->conn->stray == 0 &&
           !x->conn->half_closed;
}

void exchange_socket(struct exchange *x,
                     void (*message)(struct exchange *x, void *data, struct text message),
                     void (*ready)(struct exchange *x, void *data))
{
    static const char pad[DOOR_PAD];
    if (x->answered)
        return;
    assert(x->whole);
    x->answered = x->streaming = x->socket = x->wants_ready = true;
    x->goodbye = NORMAL;
    x->message = message;
    x->ready = ready;
    buf_clear(&x->out);
    buf_add(&x->out, pad, sizeof pad);
    x->sent = DOOR_PAD;
    buf_clear(&x->body);
    if (x->conn)
        x->conn->upgrade = true;
    exchange_later(x); /* a tunnel is not opened within a callback of libwebsockets */
}

/* The backlog is DOOR_PAD bytes, the first of them the length, and the message, again and again:
 * libwebsockets writes the frame's header into the pad. */
bool exchange_send(struct exchange *x, struct text message)
{
    struct conn *c = x->conn;
    char pad[DOOR_PAD] = {0};
    assert(x->socket);
    if (!c || c->broken || c->dying || c->leaving || x->ended)
        return false;
    answer_compact(x);
    memcpy(pad, &message.len, sizeof message.len);
    if (buf_reserve(&x->out, sizeof pad + message.len)) {
        buf_add(&x->out, pad, sizeof pad);
        buf_text(&x->out, message);
    } else {
        c->broken = true;
    }
    x->wants_ready = true;
    if (c->state == CONN_SOCKET)
        socket_pump(c);
    answer_late(x);
    return !c->broken && !answer_pending(x);
}

void socket_pump(struct conn *c)
{
    struct exchange *x = c->x;
    size_t before = x->sent;
    bool open = c->state == CONN_SOCKET && !c->leaving;
    for (int i = 0;
         open && i < PUMP_MESSAGES && !c->broken && x->sent < x->out.len && !link_behind(c); i++) {
        size_t len;
        memcpy(&len, x->out.data + x->sent, sizeof len);
        if (!link_send(c, x->out.data + x->sent + DOOR_PAD, len))
            c->broken = true;
        x->sent += DOOR_PAD + len;
    }
    if (open)
        answer_waits(c, before);
}

bool socket_leave(struct conn *c, int code)
{
    c->leaving = true;
    link_bye(c, code);
    door_arm(c, door_now_ms(c->door) + LEAVE_MS);
    return false;
}

void socket_go_away(struct conn *c)
{
    struct exchange *x = c->x;
    if (x->ended)
        return;
    x->goodbye = GOING_AWAY;
    exchange_end(x);
}

bool socket_receive(struct conn *c, struct text piece, bool last, bool binary)
{
    struct exchange *x = c->x;
    if (c->leaving || x->ended)
        return true;
    if (binary)
        return socket_leave(c, NOT_TEXT);
    if (piece.len > x->body_max || x->body.len > x->body_max - piece.len)
        return socket_leave(c, TOO_LARGE);
    x->body.max = x->body_max;
    buf_text(&x->body, piece);
    if (!last)
        return true;
    c->depth++;
    if (x->message)
        x->message(x, x->data, buf_view(&x->body));
    buf_clear(&x->body);
    c->depth--;
    return conn_writable(c);
}
