/* SPDX-License-Identifier: MIT */
#include "serve/door/certificate.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "serve/door/certificate_load.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What changes when a file does: another one in its place, other bytes, other rights. */
struct trace {
    int64_t device, inode, bytes, changed_s, changed_ns;
};

struct traces {
    struct trace cert, key;
};

struct certificate {
    SSL_CTX *context;
    const struct clock *clock;
    char *cert_file, *key_file;
    struct traces loaded, seen; /* when it was last tried; at the last look */
    struct certificate_facts facts;
    bool warned; /* that it has expired */
    uv_timer_t look;
};

static struct trace trace_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct trace){0};
    return (struct trace){(int64_t)st.st_dev, (int64_t)st.st_ino, (int64_t)st.st_size,
                          (int64_t)st.st_ctim.tv_sec, (int64_t)st.st_ctim.tv_nsec};
}

static struct traces look_at_files(const struct certificate *c)
{
    return (struct traces){trace_of(c->cert_file), trace_of(c->key_file)};
}

static bool same(const struct traces *a, const struct traces *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* whole numbers of one size: no gaps */
}

static void warn_of_time(struct certificate *c)
{
    char time[TEXT_TIME];
    if (c->warned || clock_wall_ms(c->clock) <= c->facts.not_after_ms)
        return;
    c->warned = true;
    text_time(c->facts.not_after_ms, time);
    log_warn(NULL,
             "\"the certificate has expired: clients will refuse it; renew it\" cert=%s "
             "not_after=%s",
             c->cert_file, time);
}

static void serve_with(struct certificate *c, SSL_CTX *context,
                       const struct certificate_facts *facts)
{
    char time[TEXT_TIME];
    SSL_CTX_free(c->context);
    c->context = context;
    c->facts = *facts;
    c->warned = false;
    text_time(facts->not_before_ms, time);
    if (clock_wall_ms(c->clock) < facts->not_before_ms)
        log_warn(NULL,
                 "\"the certificate is not valid yet: clients will refuse it\" cert=%s "
                 "not_before=%s",
                 c->cert_file, time);
    if (facts->exposed)
        log_warn(NULL, "\"others on this machine can read or change the key: chmod 600\" key=%s",
                 c->key_file);
    warn_of_time(c);
}

static void reload(struct certificate *c)
{
    struct certificate_facts facts;
    struct error err;
    char time[TEXT_TIME];
    SSL_CTX *context = certificate_load(c->cert_file, c->key_file, &facts, &err);
    if (!context) {
        log_error(NULL,
                  "\"the new certificate cannot be used, the one before stays\" reason=\"%s\"",
                  err.text);
        return;
    }
    text_time(facts.not_after_ms, time);
    log_info(NULL, "\"certificate changed: new connections get it\" cert=%s not_after=%s",
             c->cert_file, time);
    serve_with(c, context, &facts);
}

static void on_look(uv_timer_t *timer)
{
    struct certificate *c = timer->data;
    struct traces now = look_at_files(c);
    bool rested = same(&now, &c->seen); /* one file may have been written and the other not yet */
    c->seen = now;
    if (rested && !same(&now, &c->loaded)) {
        c->loaded = now;
        reload(c);
    }
    warn_of_time(c);
}

struct certificate *certificate_open(uv_loop_t *loop, const struct clock *clock,
                                     const char *cert_file, const char *key_file, struct error *err)
{
    struct certificate_facts facts;
    struct certificate *c = mem_zero(1, sizeof *c);
    c->clock = clock;
    c->cert_file = mem_text(cert_file);
    c->key_file = mem_text(key_file);
    c->loaded = c->seen = look_at_files(c);
    SSL_CTX *context = certificate_load(cert_file, key_file, &facts, err);
    if (!context) {
        free(c->cert_file);
        free(c->key_file);
        free(c);
        return NULL;
    }
    serve_with(c, context, &facts);
    uv_timer_init(loop, &c->look);
    c->look.data = c;
    uv_timer_start(&c->look, on_look, CERTIFICATE_LOOK_MS, CERTIFICATE_LOOK_MS);
    uv_unref((uv_handle_t *)&c->look);
    return c;
}

static void on_closed(uv_handle_t *handle)
{
    struct certificate *c = handle->data;
    SSL_CTX_free(c->context);
    free(c->cert_file);
    free(c->key_file);
    free(c);
}

void certificate_close(struct certificate *c)
{
    if (c)
        uv_close((uv_handle_t *)&c->look, on_closed);
}

struct ssl_ctx_st *certificate_context(const struct certificate *c)
{
    return c->context;
}
