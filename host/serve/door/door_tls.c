/* SPDX-License-Identifier: MIT */
/* TLS between a connection and its link: OpenSSL sees no socket, only bytes that came and a place
 * for bytes that shall go. So all that the door does with sockets (limits before the handshake, the
 * PROXY header in clear, deadlines, a client that shuts its side, one write for a whole answer)
 * stays as it is, and nothing can wait unseen within OpenSSL: what came is opened at once, what is
 * written is sealed at once and then waits where plain bytes would. */
#include "base/log.h"
#include "base/mem.h"
#include "serve/door/certificate.h"
#include "serve/door/door_conn.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_BYTES = SSL3_RT_MAX_PLAIN_LENGTH, OUT_MAX = 4 * DOOR_IO_BYTES };

struct tls {
    SSL *ssl;
    struct text in; /* while SSL_read runs */
    bool failed;    /* nothing more can be said */
    bool said_bye;
};

struct tls_shared { /* of a door: used within one call only */
    BIO_METHOD *method;
    struct buf out; /* sealed; begins with DOOR_PAD bytes */
    char plain[PLAIN_BYTES];
};

/* ---- what OpenSSL takes for its socket */

static int bio_read(BIO *bio, char *out, int cap)
{
    struct conn *c = BIO_get_data(bio);
    struct text *in = &c->tls->in;
    size_t len = in->len < (size_t)cap ? in->len : (size_t)cap;
    BIO_clear_retry_flags(bio);
    if (len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(out, in->data, len);
    in->data += len;
    in->len -= len;
    return (int)len;
}

static int bio_write(BIO *bio, const char *data, int len)
{
    struct conn *c = BIO_get_data(bio);
    struct buf *out = &c->door->tls->out;
    BIO_clear_retry_flags(bio);
    buf_add(out, data, (size_t)len);
    return out->full ? -1 : len;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

struct tls_shared *tls_open(void)
{
    static const char pad[DOOR_PAD];
    struct tls_shared *s = mem_zero(1, sizeof *s);
    buf_init(&s->out, OUT_MAX);
    buf_add(&s->out, pad, sizeof pad);
    s->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "door");
    if (s->method) {
        BIO_meth_set_read(s->method, bio_read);
        BIO_meth_set_write(s->method, bio_write);
        BIO_meth_set_ctrl(s->method, bio_control);
    }
    return s;
}

void tls_close(struct tls_shared *s)
{
    if (!s)
        return;
    BIO_meth_free(s->method);
    buf_done(&s->out);
    free(s);
}

/* ---- a connection */

bool tls_start(struct conn *c)
{
    struct door *d = c->door;
    SSL *ssl = SSL_new(certificate_context(d->o.certificate));
    BIO *bio = d->tls->method ? BIO_new(d->tls->method) : NULL;
    if (!ssl || !bio) {
        SSL_free(ssl);
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, c);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    c->tls = mem_zero(1, sizeof *c->tls);
    c->tls->ssl = ssl;
    return true;
}

void tls_end(struct conn *c)
{
    if (!c->tls)
        return;
    SSL_free(c->tls->ssl);
    free(c->tls);
    c->tls = NULL;
}

bool tls_ready(const struct conn *c)
{
    return SSL_is_init_finished(c->tls->ssl);
}

/* Hands what OpenSSL has written to the link. */
static bool put_sealed(struct conn *c)
{
    struct buf *out = &c->door->tls->out;
    bool fine = !out->full;
    if (fine && out->len > DOOR_PAD)
        fine = link_put(c, out->data + DOOR_PAD, out->len - DOOR_PAD);
    out->len = DOOR_PAD;
    out->full = false;
    if (!fine)
        c->broken = true;
    return fine;
}

static enum tls_state state_of(struct conn *c, int problem)
{
    const char *reason;
    switch (problem) {
    case SSL_ERROR_NONE:
        return TLS_DATA;
    case SSL_ERROR_WANT_READ:
        return TLS_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_BYE;
    default:
        c->tls->failed = true;
        reason = ERR_reason_error_string(ERR_peek_error());
        log_debug(NULL, "\"TLS failed\" peer=%s reason=\"%s\"", c->address, reason ? reason : "");
        return TLS_BAD;
    }
}

enum tls_state tls_next(struct conn *c, struct text *in, struct text *piece)
{
    struct tls *t = c->tls;
    char *plain = c->door->tls->plain;
    t->in = *in;
    ERR_clear_error();
    int got = SSL_read(t->ssl, plain, PLAIN_BYTES);
    enum tls_state state = state_of(c, got > 0 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, got));
    *in = t->in;
    t->in = TEXT_NONE;
    *piece = (struct text){plain, got > 0 ? (size_t)got : 0};
    return put_sealed(c) ? state : TLS_BAD; /* an alert, a ticket, the rest of a handshake */
}

bool tls_write(struct conn *c, const char *data, size_t len)
{
    struct tls *t = c->tls;
    ERR_clear_error();
    if (!t->failed && !t->said_bye && SSL_write(t->ssl, data, (int)len) == (int)len)
        return put_sealed(c);
    t->failed = true;
    return false;
}

void tls_bye(struct conn *c)
{
    struct tls *t = c->tls;
    if (!t || t->said_bye || t->failed || c->broken || !c->link || !tls_ready(c))
        return;
    t->said_bye = true;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    if (!put_sealed(c))
        t->failed = true;
}
