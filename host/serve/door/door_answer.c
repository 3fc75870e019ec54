/* SPDX-License-Identifier: MIT */
/* Answers: head and body in one write when the socket takes it, the rest when it takes more. */
#include "base/json_out.h"
#include "base/log.h"
#include "domain/verdict.h"
#include "serve/door/door_conn.h"
#include <assert.h>
#include <linux/sockios.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>

enum { PUMP_WRITES = 16, NO_LENGTH = -1 };

static const struct {
    int status;
    const char *text;
} status_texts[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *status_text(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(status_texts); i++) {
        if (status_texts[i].status == status)
            return status_texts[i].text;
    }
    return "Status";
}

/* RFC 9110, 5.6.7, made once a second; strftime would follow the locale. */
static const char *date(struct door *d)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(clock_wall_ms(d->o.clock) / 1000);
    if (now == d->date_s && d->date[0])
        return d->date;
    struct tm tm;
    gmtime_r(&now, &tm);
    snprintf(d->date, sizeof d->date, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday % 7],
             (unsigned)tm.tm_mday % 100u, months[tm.tm_mon % 12],
             (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)tm.tm_hour % 100u,
             (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u);
    d->date_s = now;
    return d->date;
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304 || status < 200;
}

/* Whether the rest of a request that is answered early can be read and dropped, so that the
 * connection lives on. */
static bool can_drain(const struct exchange *x)
{
    return x->whole || (!x->head.chunked && !x->head.expect_continue &&
                        x->framing.left <= DOOR_DRAIN_BYTES && x->behind <= x->framing.left);
}

static void put_line(struct buf *b, const char *name, const char *value)
{
    buf_str(b, name);
    buf_add(b, ": ", 2);
    buf_str(b, value);
    buf_add(b, "\r\n", 2);
}

static void put_head(struct exchange *x, int status, const char *type, int64_t length)
{
    static const char pad[DOOR_PAD];
    struct conn *c = x->conn;
    struct buf *b = &x->out;
    buf_clear(b);
    buf_add(b, pad, sizeof pad);
    x->sent = DOOR_PAD;
    buf_add(b, "HTTP/1.1 ", 9);
    buf_int(b, status);
    buf_char(b, ' ');
    buf_str(b, status_text(status));
    buf_add(b, "\r\n", 2);
    put_line(b, "Date", date(x->door));
    if (type)
        put_line(b, "Content-Type", type);
    if (length >= 0) {
        buf_add(b, "Content-Length: ", 16);
        buf_int(b, length);
        buf_add(b, "\r\n", 2);
    }
    if (x->streaming)
        buf_str(b, "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n");
    else if (!x->has_cache_control)
        buf_str(b, "Cache-Control: no-store\r\n");
    put_line(b, "X-Request-Id", x->request_id);
    buf_text(b, buf_view(&x->extra));
    if (c->tls)
        buf_str(b, "Strict-Transport-Security: max-age=31536000\r\n");
    if (c->close)
        buf_str(b, "Connection: close\r\n");
    buf_add(b, "\r\n", 2);
}

/* What the answer of x needs from its connection is done soon, when the route's call is over. */
void answer_late(struct exchange *x)
{
    if (!x->conn || x->conn->depth == 0)
        exchange_later(x);
}

void exchange_set(struct exchange *x, const char *name, const char *value)
{
    if (x->answered)
        return;
    size_t from = x->extra.len;
    put_line(&x->extra, name, value);
    /* A line end within would make two headers of one. */
    for (size_t i = from; i + 2 < x->extra.len; i++) {
        if ((unsigned char)x->extra.data[i] < ' ')
            x->extra.data[i] = ' ';
    }
    if (strcasecmp(name, "Cache-Control") == 0)
        x->has_cache_control = true;
}

void exchange_answer(struct exchange *x, int status, const char *content_type, struct text body)
{
    if (x->answered)
        return; /* by the door: a deadline, or the client is gone */
    x->answered = true;
    struct conn *c = x->conn;
    if (c) {
        if (x->door->draining || !can_drain(x))
            c->close = true;
        bool bare = has_no_body(status);
        put_head(x, status, bare ? NULL : content_type, bare ? NO_LENGTH : (int64_t)body.len);
        if (!bare && x->head.method != METHOD_HEAD)
            buf_text(&x->out, body);
        if (x->out.full) {
            log_error(NULL, "an answer is over the limit of 64 MiB request_id=%s bytes=%zu",
                      x->request_id, body.len);
            c->broken = true;
        }
        answer_pump(c);
    }
    answer_late(x);
}

void exchange_stream(struct exchange *x, int status, const char *content_type,
                     void (*ready)(struct exchange *x, void *data))
{
    if (x->answered)
        return;
    x->answered = x->streaming = x->wants_ready = true;
    x->ready = ready;
    struct conn *c = x->conn;
    if (c) {
        c->close = true;
        wheel_drop(&x->door->wheel, &c->deadline);
        put_head(x, status, content_type, NO_LENGTH);
        x->ended = x->head.method == METHOD_HEAD;
        answer_pump(c);
    }
    answer_late(x);
}

/* Makes room at the front of a backlog: what has been sent goes once it is the larger part. */
void answer_compact(struct exchange *x)
{
    size_t done = x->sent - DOOR_PAD;
    if (x->sent == x->out.len) {
        x->out.len = x->sent = DOOR_PAD;
    } else if (done > x->out.len / 2) {
        buf_drop_front(&x->out, done);
        x->sent = DOOR_PAD;
    }
}

bool exchange_write(struct exchange *x, struct text bytes)
{
    struct conn *c = x->conn;
    assert(x->streaming && !x->socket);
    if (!c || c->broken || c->dying || x->ended)
        return false;
    answer_compact(x);
    buf_text(&x->out, bytes);
    if (x->out.full)
        c->broken = true;
    x->wants_ready = true;
    answer_pump(c);
    answer_late(x);
    return !c->broken && !answer_pending(x);
}

void exchange_end(struct exchange *x)
{
    x->ended = true;
    answer_late(x);
}

void exchange_abort(struct exchange *x)
{
    x->answered = x->ended = true;
    if (x->conn)
        x->conn->dying = true;
    answer_late(x);
}

bool answer_pending(const struct exchange *x)
{
    return x->conn && x->answered && (x->sent < x->out.len || link_behind(x->conn));
}

bool answer_over(const struct exchange *x)
{
    return x->answered && (!x->streaming || x->ended) && !answer_pending(x);
}

static int unsent_bytes(const struct conn *c)
{
    int bytes = 0;
    return ioctl(link_fd(c), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

void answer_waits(struct conn *c, size_t sent_before)
{
    struct exchange *x = c->x;
    if (c->broken || !answer_pending(x)) {
        x->stalled_since_us = 0;
        return;
    }
    if (x->stalled_since_us == 0 || x->sent > sent_before) {
        x->stalled_since_us = clock_mono_us(c->door->o.clock);
        x->outq = unsent_bytes(c);
    }
    link_want_write(c);
    conn_listen(c);
}

void answer_waits_anew(struct conn *c)
{
    c->x->stalled_since_us = 0;
    answer_waits(c, c->x->sent);
}

void answer_pump(struct conn *c)
{
    struct exchange *x = c->x;
    if (x->socket) {
        socket_pump(c);
        return;
    }
    size_t before = x->sent;
    for (int i = 0; i < PUMP_WRITES && !c->broken && x->sent < x->out.len && !link_behind(c); i++) {
        size_t len = x->out.len - x->sent;
        len = len < DOOR_IO_BYTES ? len : DOOR_IO_BYTES;
        if (!link_write(c, x->out.data + x->sent, len))
            c->broken = true;
        x->sent += len;
    }
    answer_waits(c, before);
}

int64_t exchange_stalled_ms(const struct exchange *x)
{
    if (!answer_pending(x) || x->stalled_since_us == 0)
        return 0;
    struct exchange *mine = (struct exchange *)x; /* what was seen last is no part of its meaning */
    int64_t now = clock_mono_us(x->door->o.clock);
    int outq = unsent_bytes(x->conn);
    if (outq != x->outq) {
        mine->outq = outq;
        mine->stalled_since_us = now;
    }
    return (now - x->stalled_since_us) / 1000;
}

void answer_refuse(struct exchange *x, int verdict, const char *detail)
{
    x->conn->close = true;
    if (x->decided)
        return;
    if (!x->request_id[0])
        exchange_identify(x);
    if (x->refuse)
        x->refuse(x, verdict, detail);
    if (x->answered || x->decided)
        return;
    struct buf b;
    buf_init(&b, 4096);
    json_open(&b, NULL, '{');
    json_word(&b, "type", "about:blank");
    json_word(&b, "title", verdict_text((enum verdict)verdict));
    json_int(&b, "status", verdict_status((enum verdict)verdict));
    json_word(&b, "code", verdict_code((enum verdict)verdict));
    json_word(&b, "detail", detail);
    json_close(&b, '}');
    exchange_answer(x, verdict_status((enum verdict)verdict), "application/problem+json",
                    buf_view(&b));
    buf_done(&b);
}

/* To a client without an exchange: an answer, and no more. */
static void answer_bare(struct conn *c, const char *status, const char *header, const char *body)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_add(&b, (const char[DOOR_PAD]){0}, DOOR_PAD);
    buf_printf(&b, "HTTP/1.1 %s\r\nDate: %s\r\n", status, date(c->door));
    buf_str(&b, "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n");
    buf_printf(&b, "%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s", header, strlen(body),
               body);
    if (!link_write(c, b.data + DOOR_PAD, b.len - DOOR_PAD))
        c->broken = true;
    buf_done(&b);
    conn_shut(c);
}

void answer_busy(struct conn *c)
{
    answer_bare(c, "503 Service Unavailable", "Retry-After: 1\r\n",
                "{\"type\":\"about:blank\",\"title\":\"too many connections\","
                "\"status\":503,\"code\":\"overloaded\"}");
    conn_settle(c);
}

void answer_plain(struct conn *c)
{
    answer_bare(c, "400 Bad Request", "",
                "{\"type\":\"about:blank\",\"title\":\"this port speaks HTTPS\",\"status\":400,"
                "\"code\":\"bad_request\",\"detail\":\"this port speaks HTTPS only: use an "
                "address that begins with https://\"}\n");
}
