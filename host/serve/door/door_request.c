/* SPDX-License-Identifier: MIT */
/* A connection's states: bytes become requests, one at a time. */
#include "domain/verdict.h"
#include "serve/door/door_conn.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>

enum { READY_ROUNDS = 8 };

/* Swallows at most one CRLF behind a request (old clients send one behind a body); anything more is
 * a pipelined request: it will never be run, and the answer in the making says so by Connection:
 * close. */
static void take_stray(struct conn *c, struct text *in)
{
    while (in->len > 0 && c->stray < 2 && *in->data == "\r\n"[c->stray]) {
        c->stray++;
        in->data++;
        in->len--;
    }
    if (in->len > 0)
        c->close = c->flooded = true;
    in->len = 0;
}

static void pass_over(struct conn *c, struct text *in)
{
    c->dropped += in->len;
    in->len = 0;
    if (c->dropped > DOOR_LINGER_BYTES)
        c->dying = true;
}

static void call_body(struct conn *c)
{
    struct exchange *x = c->x;
    if (!x->answered && !x->decided)
        c->door->o.body(c->door->o.arg, x);
}

static void on_whole(struct conn *c, struct text *in)
{
    c->x->whole = true;
    c->state = CONN_WAIT;
    wheel_drop(&c->door->wheel, &c->deadline);
    take_stray(c, in);
}

/* Answered before the body was in: its rest is read for keep-alive's sake, or dropped until the
 * close. */
static void leave_body(struct conn *c)
{
    if (c->close) {
        c->state = CONN_WAIT;
        return;
    }
    c->unread = c->x->framing.left;
    c->state = CONN_DRAIN;
}

static bool refuse(struct conn *c, struct text *in, int verdict, const char *detail)
{
    answer_refuse(c->x, verdict, detail);
    c->state = CONN_WAIT;
    in->len = 0;
    return false;
}

static bool refuse_large(struct conn *c, struct text *in)
{
    char detail[96];
    snprintf(detail, sizeof detail, "the body is larger than the %zu bytes that are taken here",
             c->x->body_max);
    return refuse(c, in, VERDICT_TOO_LARGE, detail);
}

static void send_continue(struct conn *c)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    char out[DOOR_PAD + sizeof line];
    for (size_t i = 0; i < sizeof line; i++)
        out[DOOR_PAD + i] = line[i];
    c->x->head.expect_continue = false;
    if (!link_write(c, out + DOOR_PAD, sizeof line - 1))
        c->broken = true;
}

/* The head is in and well-formed. */
static void begin_request(struct conn *c, struct text *in)
{
    struct exchange *x = c->x;
    c->close = x->head.close || x->head.chunked;
    if (x->head.chunked)
        body_chunked(&x->framing);
    else
        body_counted(&x->framing, x->head.length);
    x->has_body = x->framing.step != STEP_DONE;
    exchange_identify(x);
    if (x->has_body)
        c->state = CONN_BODY;
    else
        on_whole(c, in);
    x->behind = in->len;
    x->seen_route = true;
    c->door->o.head(c->door->o.arg, x);
    x->behind = 0;
    if (x->answered && !x->whole)
        leave_body(c);
    else if (x->answered)
        return;
    else if (x->whole)
        call_body(c);
    else if (x->decided)
        return;
    else if (x->head.length > x->body_max)
        refuse_large(c, in);
    else if (x->head.expect_continue && in->len == 0)
        send_continue(c);
}

static void on_head(struct conn *c, struct text *in)
{
    struct exchange *x = c->x;
    size_t had = x->in.len, room = HEAD_BYTES - had;
    buf_add(&x->in, in->data, in->len < room ? in->len : room);
    switch (head_parse(&x->head, x->in.data, x->in.len)) {
    case HEAD_MORE:
        in->len = 0;
        return;
    case HEAD_BAD:
        refuse(c, in, x->head.verdict, x->head.problem);
        return;
    case HEAD_DONE:
        x->in.len = x->head.scanned;
        in->data += x->head.scanned - had;
        in->len -= x->head.scanned - had;
        begin_request(c, in);
    }
}

static void on_idle(struct conn *c, struct text *in)
{
    c->x = exchange_take(c);
    c->since_ms = door_now_ms(c->door);
    c->close = c->flooded = false;
    c->stray = 0;
    c->dropped = 0;
    c->state = CONN_HEAD;
    on_head(c, in);
}

static bool keep_piece(struct conn *c, struct text *in, struct text piece)
{
    struct exchange *x = c->x;
    if (x->answered || x->decided)
        return true;
    if (piece.len > x->body_max || x->body.len > x->body_max - piece.len)
        return refuse_large(c, in);
    x->body.max = x->body_max;
    buf_text(&x->body, piece);
    return true;
}

static void on_body(struct conn *c, struct text *in)
{
    struct text piece;
    for (;;) {
        switch (body_next(&c->x->framing, in, &piece)) {
        case BODY_MORE:
            return;
        case BODY_BAD:
            refuse(c, in, VERDICT_BAD_REQUEST, "the chunks of the body are malformed");
            return;
        case BODY_DATA:
            if (!keep_piece(c, in, piece))
                return;
            break;
        case BODY_DONE:
            on_whole(c, in);
            call_body(c);
            return;
        }
    }
}

static void on_wait(struct conn *c, struct text *in)
{
    if (!c->x->answered) {
        take_stray(c, in);
        return;
    }
    /* The answer is still being written: what comes now is a request that will not be run. */
    c->close = true;
    pass_over(c, in);
}

static void be_idle(struct conn *c)
{
    c->state = CONN_IDLE;
    c->dying = c->dying || c->door->draining;
    door_arm(c, door_now_ms(c->door) + c->door->o.idle_ms);
}

static void on_drain(struct conn *c, struct text *in)
{
    size_t take = in->len < c->unread ? in->len : (size_t)c->unread;
    in->data += take;
    in->len -= take;
    c->unread -= take;
    if (c->unread > 0)
        return;
    c->state = CONN_WAIT; /* for what is not yet written of the answer */
    if (!c->x)
        be_idle(c);
}

static void on_proxy(struct conn *c, struct text *in)
{
    struct cidr_address source;
    switch (proxy_next(&c->proxy, in)) {
    case PROXY_MORE:
        return;
    case PROXY_BAD:
        in->len = 0;
        c->dying = true;
        return;
    case PROXY_DONE:
        c->state = c->door->tls ? CONN_HELLO : CONN_IDLE;
        if (proxy_source(&c->proxy, &source))
            door_introduce(c, &source);
    }
}

/* A record of TLS begins with a small number, a request with a letter. */
static void on_hello(struct conn *c, struct text *in)
{
    if (isalpha((unsigned char)*in->data))
        answer_plain(c);
    else if (!tls_start(c))
        c->dying = true;
}

/* Without TLS libwebsockets reads a WebSocket itself. */
static void on_socket(struct conn *c, struct text *in)
{
    if (c->tunnel)
        tunnel_push(c, in);
    else
        pass_over(c, in);
}

static void (*const receive[])(struct conn *c, struct text *in) = {
    [CONN_IDLE] = on_idle,     [CONN_HEAD] = on_head,   [CONN_BODY] = on_body,
    [CONN_WAIT] = on_wait,     [CONN_DRAIN] = on_drain, [CONN_SOCKET] = on_socket,
    [CONN_LINGER] = pass_over, [CONN_PROXY] = on_proxy, [CONN_HELLO] = on_hello,
};

void conn_listen(struct conn *c)
{
    bool deaf = c->flooded && c->state != CONN_LINGER;
    bool writing = link_behind(c) || (c->x && answer_pending(c->x));
    bool full = c->state == CONN_SOCKET && !tunnel_takes(c);
    /* A FIN that is read while an answer is due would cut it off. */
    bool wait = deaf || c->half_closed || writing;
    if ((wait || full) != c->muted || wait != c->speaker_muted)
        link_mute(c, wait || full, wait);
}

/* The answer is written: the next request, the rest of this one, or the end. */
static void finish_answer(struct conn *c)
{
    struct exchange *x = c->x;
    if (c->close && !conn_said_bye(c))
        return;
    c->x = NULL;
    exchange_release(x);
    if (c->close) {
        conn_shut(c);
    } else if (c->state == CONN_WAIT) {
        be_idle(c);
    }
}

static void offer_more(struct conn *c)
{
    struct exchange *x = c->x;
    for (int i = 0; x->wants_ready && !x->ended && !c->broken && !c->dying && !answer_pending(x);
         i++) {
        if (i == READY_ROUNDS) { /* an endless source, a fast reader: others want a turn too */
            exchange_later(x);
            return;
        }
        x->wants_ready = false;
        c->depth++;
        if (x->ready)
            x->ready(x, x->data);
        c->depth--;
    }
}

/* The route has nothing more to say: what is not sent yet is between the door and the client. */
static bool all_said(const struct exchange *x)
{
    return x->answered && (!x->streaming || x->ended);
}

static bool settle_socket(struct conn *c)
{
    if (tunnel_over(c)) {
        c->close = true;
        finish_answer(c);
        conn_listen(c);
        return !c->dying && !c->broken;
    }
    assert(c->x);
    bool closed = !c->speaker; /* and the tunnel is still to be emptied */
    if (!c->leaving && !closed && answer_over(c->x))
        return socket_leave(c, c->x->goodbye);
    if (!c->leaving && (closed || all_said(c->x)) && list_empty(&c->deadline.link))
        door_arm(c, door_now_ms(c->door) + DOOR_STALL_MS);
    conn_listen(c);
    return true;
}

/* False: it must die. */
static bool settle(struct conn *c)
{
    if (c->upgrade && c->state != CONN_SOCKET) /* conn_closed keeps the socket */
        return c->tls && !c->dying && !c->broken;
    if (c->x && c->x->streaming)
        offer_more(c);
    if (c->dying || c->broken)
        return false;
    if (c->state == CONN_SOCKET)
        return settle_socket(c);
    if (c->x && c->x->answered && c->state == CONN_BODY)
        leave_body(c);
    if (c->x && answer_over(c->x))
        finish_answer(c);
    if (c->dying || c->broken)
        return false;
    if (c->x && c->state == CONN_WAIT && all_said(c->x) && list_empty(&c->deadline.link))
        door_arm(c, door_now_ms(c->door) + DOOR_STALL_MS);
    conn_listen(c);
    return true;
}

void conn_settle(struct conn *c)
{
    if (c->depth > 0)
        return;
    bool upgrade = c->upgrade && c->tls && !c->tunnel && !c->dying && !c->broken;
    if (upgrade && (c->x->ended || !tunnel_open(c)))
        c->dying = true;
    if (!settle(c))
        link_kill(c);
}

/* Takes in all of it. False: the connection must die. */
static bool take_bytes(struct conn *c, struct text in)
{
    bool fine = true;
    while (in.len > 0 && fine && !c->dying && !c->broken) {
        receive[c->state](c, &in);
        /* A request that is answered at once makes room for what follows a dropped body. */
        fine = !c->x || !answer_over(c->x) || settle(c);
    }
    return fine;
}

/* Opens the records of TLS and takes in what they hold. */
static void unseal(struct conn *c, struct text *in)
{
    enum tls_state state = TLS_DATA;
    struct text piece;
    while (state == TLS_DATA && c->state != CONN_LINGER && !c->dying && !c->broken) {
        state = tls_next(c, in, &piece);
        if (c->state == CONN_HELLO && tls_ready(c))
            be_idle(c);
        if (state == TLS_BYE)
            conn_bye(c);
        else if (state == TLS_BAD)
            conn_bad_record(c);
        else if (!take_bytes(c, piece))
            break;
    }
    in->len = 0;
}

/* Plain bytes up to the first of TLS, and again once nothing is listened to any more. */
static void take_raw(struct conn *c, struct text *in)
{
    while (in->len > 0 && !c->dying && !c->broken) {
        if (c->tls && c->state != CONN_LINGER)
            unseal(c, in);
        else
            receive[c->state](c, in);
    }
}

bool conn_receive(struct conn *c, const char *data, size_t len)
{
    struct text in = {data, len};
    c->depth++;
    if (c->state == CONN_BODY && c->x->answered)
        leave_body(c);
    if (c->door->tls)
        take_raw(c, &in);
    else
        take_bytes(c, in);
    if (c->state == CONN_HEAD || c->state == CONN_BODY || c->state == CONN_DRAIN)
        door_arm(c, c->since_ms + c->door->o.request_ms);
    c->depth--;
    return settle(c);
}

bool conn_writable(struct conn *c)
{
    c->depth++;
    tunnel_resume(c);
    if (c->x)
        answer_pump(c);
    c->depth--;
    /* libwebsockets takes a close from within its callback for writing as a write that failed, and
     * says no goodbye. */
    if (c->state == CONN_SOCKET && c->x && !c->leaving && answer_over(c->x)) {
        exchange_later(c->x);
        return true;
    }
    return settle(c);
}

static void check_progress(struct conn *c)
{
    int64_t stalled_ms = exchange_stalled_ms(c->x);
    if (stalled_ms >= DOOR_STALL_MS)
        c->dying = true;
    else
        door_arm(c, door_now_ms(c->door) + DOOR_STALL_MS - stalled_ms);
}

void conn_deadline(struct conn *c)
{
    bool late = c->state == CONN_HEAD || c->state == CONN_BODY;
    if (late && !c->x->answered) {
        struct text none = TEXT_NONE;
        refuse(c, &none, VERDICT_REQUEST_TIMEOUT, "the request did not arrive in time");
    } else if (c->x && !c->leaving && (c->state == CONN_WAIT || c->state == CONN_SOCKET)) {
        if (all_said(c->x) || (c->tunnel && !c->speaker))
            check_progress(c);
    } else {
        c->dying = true;
    }
    conn_settle(c);
}
