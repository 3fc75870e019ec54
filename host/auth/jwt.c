/* SPDX-License-Identifier: MIT */
#include "auth/jwt.h"

#include "auth/jwt_cache.h"
#include "auth/jwt_file.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/config/config.h"
#include "secrets/vault.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jwt {
    const struct clock *clock;
    const struct vault *vault;
    unsigned allowed;         /* bits (1 << enum jwt_algorithm) */
    struct jwt_policy policy; /* borrowed from the config */
    const char *secret;       /* name; NULL: there is a file of keys */
    struct jwt_file file;
    struct jwt_cache cache;
    bool complained; /* it was logged that the secret is missing or too short */
};

/* ---- HS256 */

/* False: the secret is missing or too short; err says what to do. */
static bool secret_fits(const struct vault *vault, const char *name, struct error *err)
{
    const struct secret *s = vault_find(vault, text_of(name));
    if (s && secret_bytes(s) >= JWT_HMAC_BYTES)
        return true;
    if (s)
        return error_set(err, ERROR_INVALID,
                         "jwt.secret: %s has %zu bytes, at least %d are needed: `openssl rand -hex "
                         "32 | moontide secret set %s --verify` makes one",
                         name, secret_bytes(s), JWT_HMAC_BYTES, name);
    return error_set(err, ERROR_MISSING,
                     "jwt.secret: there is no secret %s: `openssl rand -hex 32 | moontide secret "
                     "set %s --verify` makes one",
                     name, name);
}

/* Copies the secret for the time of the check. */
static bool hmac_holds(struct jwt *j, const struct jwt_token *t, struct error *err)
{
    struct buf copy;
    if (!secret_fits(j->vault, j->secret, err)) {
        if (!j->complained)
            log_error(NULL, "\"no token holds until this is mended\" reason=\"%s\"", err->text);
        j->complained = true;
        return false;
    }
    j->complained = false;
    const struct secret *s = vault_find(j->vault, text_of(j->secret));
    buf_init(&copy, secret_bytes(s));
    bool room = buf_reserve(&copy, secret_bytes(s)); /* at once: growing would leave copies */
    if (room)
        secret_write(s, FORM_RAW, &copy);
    bool holds = room && jws_hmac_holds(buf_view(&copy), t);
    OPENSSL_cleanse(copy.data, copy.cap);
    buf_done(&copy);
    return holds || error_set(err, ERROR_INVALID, "the signature is wrong");
}

/* ---- a token */

static bool is_allowed(const struct jwt *j, enum jwt_algorithm a)
{
    return j->allowed & 1u << a;
}

/* Brings the keys up to date. A signature that an old key made counts no more. */
static void refresh_keys(struct jwt *j)
{
    if (jwt_file_look(&j->file))
        jwt_cache_clear(&j->cache);
}

static bool check_signature(struct jwt *j, const struct jwt_token *t, struct error *err)
{
    if (!is_allowed(j, t->algorithm))
        return error_set(err, ERROR_INVALID, "header: alg is none of jwt.algorithms");
    if (j->secret)
        return hmac_holds(j, t, err);
    refresh_keys(j);
    return jwt_keys_hold(j->file.keys, t, err);
}

static bool find_known(struct jwt *j, const unsigned char hash[SHA256_BYTES], struct jwt_grant *out)
{
    if (!j->secret && jwt_file_due(&j->file))
        refresh_keys(j);
    return jwt_cache_find(&j->cache, hash, out);
}

bool jwt_check(struct jwt *j, struct text token, struct jwt_grant *out, struct error *err)
{
    struct jwt_token t;
    unsigned char hash[SHA256_BYTES];
    if (!j)
        return error_set(err, ERROR_MISSING, "no jwt is configured");
    if (token.len > JWT_BYTES) /* before it costs anything */
        return error_set(err, ERROR_LIMIT, "it is longer than %d bytes", JWT_BYTES);
    int64_t now_ms = clock_wall_ms(j->clock);
    id_sha256(token.data, token.len, hash);
    if (find_known(j, hash, out)) {
        if (jwt_grant_lives(out, now_ms, err))
            return true;
        jwt_cache_drop(&j->cache, hash);
        return false;
    }
    if (!jwt_read(token, &t, err) || !check_signature(j, &t, err) ||
        !jwt_grant_read(t.payload, &j->policy, out, err) || !jwt_grant_lives(out, now_ms, err))
        return false;
    if (!j->secret)
        jwt_cache_put(&j->cache, hash, out);
    return true;
}

/* ---- life */

static unsigned read_algorithms(const cJSON *list)
{
    unsigned bits = 0;
    for (const cJSON *e = list ? list->child : NULL; e; e = e->next) {
        enum jwt_algorithm a;
        if (jwt_algorithm_of(text_of(e->valuestring), &a))
            bits |= 1u << a;
    }
    return bits;
}

static char *keys_path(const struct config *c)
{
    struct buf path;
    buf_init(&path, 8192);
    if (c->jwt_keys[0] != '/')
        buf_printf(&path, "%s/", c->scripts);
    buf_str(&path, c->jwt_keys);
    return buf_take(&path);
}

static bool open_keys(struct jwt *j, const struct config *c, struct error *err)
{
    if (j->secret)
        return secret_fits(j->vault, j->secret, err);
    if (!c->jwt_audience)
        log_info(NULL, "\"jwt.audience is not set: tokens with an aud are refused\"");
    return jwt_file_open(&j->file, keys_path(c), j->clock, j->allowed, err) ||
           error_context(err, "jwt.keys");
}

bool jwt_open(struct jwt **out, const struct config *config, const struct vault *vault,
              const struct clock *clock, struct error *err)
{
    *out = NULL;
    if (!config->jwt_algorithms)
        return true;
    struct jwt *j = mem_zero(1, sizeof *j);
    *j = (struct jwt){.clock = clock,
                      .vault = vault,
                      .allowed = read_algorithms(config->jwt_algorithms),
                      .policy = {config->jwt_issuer, config->jwt_audience},
                      .secret = config->jwt_secret};
    jwt_cache_init(&j->cache);
    if (open_keys(j, config, err)) {
        *out = j;
        return true;
    }
    jwt_free(j);
    return false;
}

void jwt_free(struct jwt *j)
{
    if (!j)
        return;
    jwt_cache_done(&j->cache);
    jwt_file_done(&j->file);
    free(j);
}
