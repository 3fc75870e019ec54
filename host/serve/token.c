/* SPDX-License-Identifier: MIT */
#include "serve/token.h"
#include "base/id.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool token_open(struct token_key *k, const char *data, struct error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/token.key", data);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        id_random(k->secret, sizeof k->secret);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        bool ok =
            fd >= 0 && write(fd, k->secret, sizeof k->secret) == sizeof k->secret && fsync(fd) == 0;
        int why = errno;
        if (fd >= 0)
            close(fd);
        return ok || error_errno(err, why, "writing %s", path);
    }
    if (fd < 0)
        return error_errno(err, errno, "reading %s", path);
    bool whole = read(fd, k->secret, sizeof k->secret) == sizeof k->secret;
    close(fd);
    return whole ||
           error_set(
               err, ERROR_INVALID,
               "%s is damaged: delete it, a new one is made (open streams must then be asked for again)",
               path);
}

static void sign(const struct token_key *k, const char *run, int64_t expiry_ms,
                 char hex[SHA256_HEX])
{
    char text[128];
    unsigned char mac[SHA256_BYTES];
    unsigned bytes = sizeof mac;
    int n = snprintf(text, sizeof text, "%s %" PRId64, run, expiry_ms);
    HMAC(EVP_sha256(), k->secret, sizeof k->secret, (unsigned char *)text, (size_t)n, mac, &bytes);
    id_hex(mac, sizeof mac, hex);
}

void token_make(const struct token_key *k, const char *run, int64_t now_ms, char out[TOKEN_BYTES])
{
    char hex[SHA256_HEX];
    sign(k, run, now_ms + TOKEN_TTL_MS, hex);
    snprintf(out, TOKEN_BYTES, "%" PRId64 "-%s", now_ms + TOKEN_TTL_MS, hex);
}

bool token_ok(const struct token_key *k, const char *run, int64_t now_ms, struct text token)
{
    uint64_t expiry;
    char hex[SHA256_HEX];
    struct text head = text_cut(&token, '-');
    if (!text_u64(head, &expiry) || expiry > INT64_MAX || (int64_t)expiry < now_ms ||
        token.len != SHA256_HEX - 1)
        return false;
    sign(k, run, (int64_t)expiry, hex);
    return id_equal_constant_time(hex, token.data, token.len);
}
