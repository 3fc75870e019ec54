/* SPDX-License-Identifier: MIT */
#include "auth/jwt_file.h"

#include "base/log.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRESH_MS = 2000 }; /* file systems count time in steps of up to this */

static bool read_all(int fd, struct buf *out)
{
    ssize_t n = 1;
    while (n > 0 && buf_reserve(out, 4096)) {
        n = read(fd, out->data + out->len, 4096);
        out->len += n > 0 ? (size_t)n : 0;
    }
    return n == 0;
}

/* O_NONBLOCK: opening a pipe of that name must not stop the host. */
static bool read_file(const char *path, struct buf *out, struct stat *st, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_errno(err, errno, "reading %s", path);
    bool fine = (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && read_all(fd, out)) ||
                error_set(err, ERROR_INVALID, "reading %s: it must be a file of at most %d KB",
                          path, JWT_FILE_BYTES >> 10);
    close(fd);
    return fine;
}

/* Compares the time of change, as the time of modification can be set back. */
static bool same_state(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Reads the file. When its content has changed, new keys replace those known. The hash of a content
 * that makes no keys is kept as well, so that it is parsed only once. */
static bool read_keys(struct jwt_file *f, bool *changed, struct error *err)
{
    struct buf content;
    unsigned char hash[SHA256_BYTES];
    *changed = false;
    buf_init(&content, JWT_FILE_BYTES);
    bool fine = read_file(f->path, &content, &f->seen, err);
    int64_t changed_ms = (int64_t)f->seen.st_ctim.tv_sec * 1000;
    f->fresh = clock_wall_ms(f->clock) - changed_ms < FRESH_MS;
    id_sha256(content.data ? content.data : "", content.len, hash);
    if (fine && memcmp(hash, f->hash, sizeof hash) != 0) {
        memcpy(f->hash, hash, sizeof hash);
        struct jwt_keys *keys = jwt_keys_read(buf_view(&content), f->allowed, err);
        fine = keys || error_context(err, "%s", f->path);
        if (keys) {
            jwt_keys_free(f->keys);
            f->keys = keys;
            *changed = true;
        }
    }
    buf_done(&content);
    return fine;
}

bool jwt_file_open(struct jwt_file *f, char *path, const struct clock *clock, unsigned allowed,
                   struct error *err)
{
    bool changed;
    *f = (struct jwt_file){.path = path, .clock = clock, .allowed = allowed};
    f->looked_ms = clock_mono_ms(clock);
    return read_keys(f, &changed, err);
}

static void forget_complaint(struct jwt_file *f)
{
    free(f->complaint);
    f->complaint = NULL;
}

void jwt_file_done(struct jwt_file *f)
{
    jwt_keys_free(f->keys);
    f->keys = NULL;
    forget_complaint(f);
    free(f->path);
    f->path = NULL;
}

bool jwt_file_due(const struct jwt_file *f)
{
    return clock_mono_ms(f->clock) - f->looked_ms >= JWT_FILE_LOOK_MS;
}

/* Logs each complaint once, however often the file is looked at. */
static void log_complaint(struct jwt_file *f, const char *why)
{
    if (f->complaint && strcmp(f->complaint, why) == 0)
        return;
    forget_complaint(f);
    f->complaint = mem_text(why);
    log_error(NULL,
              "\"the keys of tokens could not be read, the ones known stay\" count=%zu "
              "reason=\"%s\"",
              f->keys->count, why);
}

bool jwt_file_look(struct jwt_file *f)
{
    struct stat now;
    struct error err;
    bool changed;
    f->looked_ms = clock_mono_ms(f->clock);
    bool there = stat(f->path, &now) == 0;
    if (there && !f->fresh && same_state(&now, &f->seen))
        return false;
    f->seen = (struct stat){0};
    if (!read_keys(f, &changed, &err))
        log_complaint(f, err.text);
    else
        forget_complaint(f);
    if (changed)
        log_info(NULL, "\"keys of tokens loaded\" count=%zu", f->keys->count);
    return changed;
}
