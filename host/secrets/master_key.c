/* SPDX-License-Identifier: MIT */
#include "secrets/master_key.h"

#include "base/hex.h"
#include "base/id.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FILE_BYTES = 128 };

static const char variable[] = "MOONTIDE_MASTER_KEY";
static const char forms[] = "64 hex digits, or base64 of 32 bytes (such as `openssl rand -base64 "
                            "32` prints)";

bool master_key_from_environment(struct seal_key **key, struct error *err)
{
    char *value = getenv(variable);
    *key = NULL;
    if (!value || !*value)
        return true;
    *key = seal_key_parse(text_trim(text_of(value)), variable);
    if (!*key)
        return error_set(err, ERROR_INVALID, "%s: expected %s", variable, forms);
    explicit_bzero(value, strlen(value)); /* else /proc/PID/environ would still show it */
    unsetenv(variable);
    return true;
}

/* ---- the file */

static bool check_mode(int fd, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_errno(err, errno, "reading %s", path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, ERROR_INVALID, "%s is not a file", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return error_set(err, ERROR_INVALID,
                         "%s holds the key of all secrets and others may read it: chmod 600 it",
                         path);
    return true;
}

static bool read_key(int fd, const char *path, struct seal_key **key, struct error *err)
{
    char text[FILE_BYTES];
    ssize_t got = read(fd, text, sizeof text);
    if (got < 0)
        return error_errno(err, errno, "reading %s", path);
    struct text t = {text, (size_t)got};
    while (t.len > 0 && strchr(" \r\n", t.data[t.len - 1]))
        t.len--;
    *key = seal_key_parse(t, path);
    explicit_bzero(text, sizeof text);
    return *key || error_set(err, ERROR_INVALID, "%s: expected %s", path, forms);
}

static bool read_key_file(struct seal_key **key, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || error_errno(err, errno, "opening %s", path);
    bool ok = check_mode(fd, path, err) && read_key(fd, path, key, err);
    close(fd);
    return ok;
}

static bool write_new_key(const char *path, struct error *err)
{
    unsigned char bytes[SEAL_KEY_BYTES];
    char text[2 * SEAL_KEY_BYTES + 1];
    id_random(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, text);
    text[sizeof text - 1] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0;
    if (!ok)
        error_errno(err, errno ? errno : EIO, "writing %s", path);
    if (fd >= 0)
        close(fd);
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(text, sizeof text);
    return ok;
}

static bool sync_folder(const char *data, struct error *err)
{
    int fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        error_errno(err, errno, "syncing %s", data);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Writes the key under another name first, so that no reader finds half of it, and of two processes
 * that make one at once only the first one's stays. It is on the disk before this returns: a key
 * that a crash could lose must seal nothing. */
static bool make_key_file(const char *data, const char *path, struct error *err)
{
    char draft[PATH_BYTES + 32];
    snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    unlink(draft);
    errno = 0;
    if (!write_new_key(draft, err))
        return false;
    bool ok = link(draft, path) == 0 || errno == EEXIST;
    if (!ok)
        error_errno(err, errno, "making %s", path);
    unlink(draft);
    return ok && sync_folder(data, err);
}

bool master_key_open(struct seal_key **key, const char *data, enum master_key_make make,
                     struct error *err)
{
    char path[PATH_BYTES];
    if (!master_key_from_environment(key, err))
        return false;
    if (*key)
        return true;
    if ((size_t)snprintf(path, sizeof path, "%s/master.key", data) >= sizeof path)
        return error_set(err, ERROR_LIMIT, "the data folder's path is too long");
    if (!read_key_file(key, path, err))
        return false;
    if (*key || make == MASTER_KEY_EXISTING)
        return true;
    return make_key_file(data, path, err) && read_key_file(key, path, err);
}
