/* SPDX-License-Identifier: MIT */
#include "serve/door/certificate_load.h"

#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 16384 };

/* Of TLS 1.2; those of 1.3 are all of this kind. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK:!aNULL";

/* ---- files */

static bool read_fd(int fd, const char *path, struct buf *out, struct stat *st, struct error *err)
{
    if (fd < 0 || fstat(fd, st) != 0)
        return error_errno(err, errno, "cannot read %s", path);
    if (!S_ISREG(st->st_mode))
        return error_set(err, ERROR_INVALID, "%s is no file", path);
    for (;;) {
        if (!buf_reserve(out, READ_BYTES))
            return error_set(err, ERROR_LIMIT, "%s is larger than %d bytes", path,
                             CERTIFICATE_FILE);
        ssize_t got = read(fd, out->data + out->len, READ_BYTES);
        if (got < 0)
            return error_errno(err, errno, "cannot read %s", path);
        if (got == 0)
            return true;
        out->len += (size_t)got;
    }
}

/* st: of the file. The result is freed by BIO_free, the bytes by wipe(). */
static BIO *read_file(const char *path, struct buf *out, struct stat *st, struct error *err)
{
    *st = (struct stat){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make it wait */
    buf_init(out, CERTIFICATE_FILE + READ_BYTES);
    bool fine = read_fd(fd, path, out, st, err);
    if (fd >= 0)
        close(fd);
    return fine ? BIO_new_mem_buf(out->data ? out->data : "", (int)out->len) : NULL;
}

static void wipe(struct buf *b)
{
    if (b->data)
        OPENSSL_cleanse(b->data, b->cap);
    buf_done(b);
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "no reason is given";
}

/* ---- the certificate */

static int64_t time_ms(const ASN1_TIME *t)
{
    struct tm tm;
    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

/* The host's own comes first, then those that vouch for it. */
static bool use_chain(SSL_CTX *ctx, BIO *in, const char *path, struct certificate_facts *facts,
                      struct error *err)
{
    X509 *own = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL), *next;
    if (!own)
        return error_set(err, ERROR_INVALID,
                         "%s holds no PEM certificate (-----BEGIN CERTIFICATE-----)", path);
    facts->not_before_ms = time_ms(X509_get0_notBefore(own));
    facts->not_after_ms = time_ms(X509_get0_notAfter(own));
    bool fine = SSL_CTX_use_certificate(ctx, own) == 1;
    X509_free(own);
    while (fine && (next = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
        fine = SSL_CTX_add0_chain_cert(ctx, next) == 1;
        if (!fine)
            X509_free(next);
    }
    return fine || error_set(err, ERROR_INVALID, "OpenSSL refuses %s: %s", path, reason());
}

static bool use_certificate(SSL_CTX *ctx, const char *path, struct certificate_facts *facts,
                            struct error *err)
{
    struct buf bytes;
    struct stat st;
    BIO *in = read_file(path, &bytes, &st, err);
    bool fine = in && use_chain(ctx, in, path, facts, err);
    BIO_free(in);
    wipe(&bytes);
    return fine || error_context(err, "tls.cert");
}

/* ---- the key */

static int no_pass_phrase(char *out, int cap, int writing, void *asked)
{
    (void)out, (void)cap, (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool use_pem_key(SSL_CTX *ctx, BIO *in, const char *path, const char *cert_path,
                        struct error *err)
{
    bool asked = false;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_pass_phrase, &asked);
    if (asked)
        error_set(err, ERROR_INVALID,
                  "%s has a pass phrase, which nobody can type when the host starts; write the key "
                  "without it: openssl pkey -in %s -out NEW",
                  path, path);
    else if (!key)
        error_set(err, ERROR_INVALID, "%s holds no PEM key (-----BEGIN PRIVATE KEY-----)", path);
    else if (X509_check_private_key(SSL_CTX_get0_certificate(ctx), key) != 1)
        error_set(err, ERROR_INVALID,
                  "%s is not the key of the first certificate in %s; if that file has several, the "
                  "host's own must come first",
                  path, cert_path);
    else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
        error_set(err, ERROR_INVALID, "OpenSSL refuses %s: %s", path, reason());
    else {
        EVP_PKEY_free(key);
        return true;
    }
    EVP_PKEY_free(key);
    return false;
}

static bool use_key(SSL_CTX *ctx, const char *path, const char *cert_path,
                    struct certificate_facts *facts, struct error *err)
{
    struct buf bytes;
    struct stat st;
    BIO *in = read_file(path, &bytes, &st, err);
    bool fine = in && use_pem_key(ctx, in, path, cert_path, err);
    BIO_free(in);
    wipe(&bytes);
    if (fine)
        facts->exposed = st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP);
    return fine || error_context(err, "tls.key");
}

/* ---- the context */

/* RFC 7301, 3.2: who names protocols and not ours is refused by an alert. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *arg)
{
    static const unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char *found;
    (void)ssl, (void)arg;
    if (SSL_select_next_proto(&found, out_len, ours, sizeof ours, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = found;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context_new(struct error *err)
{
    static const unsigned char name[] = "moontide";
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, ciphers) != 1 ||
        SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1) != 1) {
        SSL_CTX_free(ctx);
        error_set(err, ERROR_INTERNAL, "OpenSSL does not start: %s", reason());
        return NULL;
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);         /* idle connections hold none */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets do it without memory */
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    return ctx;
}

SSL_CTX *certificate_load(const char *cert_file, const char *key_file,
                          struct certificate_facts *facts, struct error *err)
{
    ERR_clear_error();
    SSL_CTX *ctx = context_new(err);
    if (ctx && use_certificate(ctx, cert_file, facts, err) &&
        use_key(ctx, key_file, cert_file, facts, err))
        return ctx;
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return NULL;
}
