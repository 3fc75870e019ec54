/* SPDX-License-Identifier: MIT */
#include "auth/stream_token.h"
#include "base/hex.h"
#include "base/id.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_BYTES = 32 };

static bool make_secret(const char *path, unsigned char secret[SECRET_BYTES], struct error *err)
{
    id_random(secret, SECRET_BYTES);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, secret, SECRET_BYTES) == SECRET_BYTES && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return ok || error_errno(err, why, "writing %s", path);
}

static bool read_secret(const char *path, unsigned char secret[SECRET_BYTES], struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? make_secret(path, secret, err)
                               : error_errno(err, errno, "reading %s", path);
    bool whole = read(fd, secret, SECRET_BYTES) == SECRET_BYTES;
    close(fd);
    return whole || error_set(err, ERROR_INVALID,
                              "%s is damaged: delete it, a new one is made (open streams must then "
                              "be asked for again)",
                              path);
}

bool stream_token_open(struct stream_token_key *k, const char *data, struct error *err)
{
    char path[4096];
    unsigned char secret[SECRET_BYTES];
    snprintf(path, sizeof path, "%s/token.key", data);
    if (!read_secret(path, secret, err))
        return false;
    mac_init(&k->mac, secret, sizeof secret);
    OPENSSL_cleanse(secret, sizeof secret);
    return true;
}

static void write_token(const struct stream_token_key *k, const char *run, int64_t expiry_ms,
                        char out[STREAM_TOKEN_BYTES])
{
    char text[ID_BYTES + 24], *expiry = text + strlen(run) + 1;
    unsigned char mac[SHA256_BYTES];
    int len = snprintf(text, sizeof text, "%s %" PRId64, run, expiry_ms);
    mac_sign(&k->mac, (struct text){text, (size_t)len}, mac);
    out = stpcpy(out, expiry);
    *out++ = '-';
    hex_encode(mac, sizeof mac, out);
}

void stream_token_make(const struct stream_token_key *k, const char *run, int64_t now_ms,
                       char out[STREAM_TOKEN_BYTES])
{
    write_token(k, run, now_ms + STREAM_TOKEN_TTL_MS, out);
}

bool stream_token_ok(const struct stream_token_key *k, const char *run, int64_t now_ms,
                     struct text token)
{
    uint64_t expiry;
    char wanted[STREAM_TOKEN_BYTES];
    struct text rest = token;
    if (strlen(run) >= ID_BYTES || !text_u64(text_cut(&rest, '-'), &expiry) || expiry > INT64_MAX ||
        (int64_t)expiry < now_ms)
        return false;
    write_token(k, run, (int64_t)expiry, wanted);
    return token.len == strlen(wanted) && id_equal_constant_time(wanted, token.data, token.len);
}
