/* SPDX-License-Identifier: MIT */
#include "deploy/bundle.h"
#include "base/mem.h"
#include "deploy/require_scan.h"
#include "wire/frame.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char module_prefix[] = "lib.";

bool bundle_name_ok(struct text name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (name.len == 0 || name.len > BUNDLE_NAME)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!name.data[i] || !strchr(allowed, name.data[i]))
            return false;
    }
    return true;
}

void bundle_free(struct bundle *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->count; i++) {
        free(b->files[i].name);
        free(b->files[i].path);
        free(b->files[i].source);
    }
    free(b->files);
    free(b->project);
    free(b->key);
    free(b);
}

/* ---- reading */

struct reading {
    const char *root;
    struct bundle *bundle;
    size_t bytes;
};

/* The whole file and a NUL, for the caller to free. path stands in the error. */
static char *read_source(int fd, size_t *size, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        error_set(err, ERROR_INVALID, "%s:1: this is no file", path);
        return NULL;
    }
    char *data = mem_alloc(BUNDLE_FILE_BYTES + 2);
    size_t len = 0;
    ssize_t got = 0;
    while (len <= BUNDLE_FILE_BYTES &&
           (got = read(fd, data + len, BUNDLE_FILE_BYTES + 1 - len)) > 0)
        len += (size_t)got;
    if (got < 0)
        error_errno(err, errno, "%s:1: reading", path);
    else if (len > BUNDLE_FILE_BYTES)
        error_set(err, ERROR_LIMIT, "%s:1: the file is larger than %d KB", path,
                  BUNDLE_FILE_BYTES >> 10);
    if (got < 0 || len > BUNDLE_FILE_BYTES) {
        free(data);
        return NULL;
    }
    data[len] = 0;
    *size = len;
    return mem_grow(data, len + 1);
}

enum read_outcome { READ_DONE, READ_MISSING, READ_FAILED };

/* Adds root/path to the bundle. */
static enum read_outcome add_file(struct reading *r, const char *name, const char *path,
                                  struct error *err)
{
    char whole[PATH_MAX];
    if (snprintf(whole, sizeof whole, "%s/%s", r->root, path) >= (int)sizeof whole) {
        error_set(err, ERROR_INVALID, "%s:1: the path is too long", path);
        return READ_FAILED;
    }
    int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* opening a pipe must not wait */
    if (fd < 0) {
        int why = errno;
        error_errno(err, why, "%s:1: opening", path);
        return why == ENOENT || why == ENOTDIR ? READ_MISSING : READ_FAILED;
    }
    size_t size = 0;
    char *source = read_source(fd, &size, path, err);
    close(fd);
    if (!source)
        return READ_FAILED;
    struct bundle_file *file = &r->bundle->files[r->bundle->count++];
    *file = (struct bundle_file){mem_text(name), mem_text(path), source, size};
    r->bytes += size;
    if (r->bytes <= BUNDLE_BYTES)
        return READ_DONE;
    error_set(err, ERROR_LIMIT, "%s:1: with the modules that it requires it exceeds %d KB",
              r->bundle->files[0].name, BUNDLE_BYTES >> 10);
    return READ_FAILED;
}

static bool has_module(const struct bundle *b, struct text name)
{
    for (size_t i = 1; i < b->count; i++) {
        if (text_is(name, b->files[i].name))
            return true;
    }
    return false;
}

static bool add_module(struct reading *r, const char *where, int line, struct text required,
                       struct error *err)
{
    struct bundle *b = r->bundle;
    size_t skip = sizeof module_prefix - 1;
    char name[sizeof module_prefix + BUNDLE_NAME];
    char own[2 * BUNDLE_NAME + 16], shared[BUNDLE_NAME + 16];
    if (!bundle_name_ok((struct text){required.data + skip, required.len - skip}))
        return error_set(err, ERROR_INVALID,
                         "%s:%d: module \"%.*s\" must be lib.NAME, of letters, digits, _ and -",
                         where, line, (int)(required.len < 80 ? required.len : 80), required.data);
    if (b->count > BUNDLE_MODULES)
        return error_set(err, ERROR_LIMIT, "%s:%d: more than %d modules", where, line,
                         BUNDLE_MODULES);
    snprintf(name, sizeof name, "%.*s", (int)required.len, required.data);
    snprintf(own, sizeof own, "%s/lib/%s.lua", b->project, name + skip);
    snprintf(shared, sizeof shared, "lib/%s.lua", name + skip);
    enum read_outcome outcome = add_file(r, name, own, err);
    if (outcome == READ_MISSING)
        outcome = add_file(r, name, shared, err);
    if (outcome == READ_MISSING)
        error_set(err, ERROR_MISSING, "%s:%d: module \"%s\" not found: looked for %s and %s", where,
                  line, name, own, shared);
    return outcome == READ_DONE;
}

/* The bundle's files are the queue: each is scanned once, and the modules it adds come behind. */
static bool add_modules(struct reading *r, struct error *err)
{
    for (size_t i = 0; i < r->bundle->count; i++) {
        const struct bundle_file *file = &r->bundle->files[i];
        struct require_scan scan;
        struct text name;
        int line;
        require_scan_init(&scan, (struct text){file->source, file->size});
        while (require_scan_next(&scan, &name, &line)) {
            if (!text_starts(name, module_prefix) || has_module(r->bundle, name))
                continue;
            if (!add_module(r, file->path, line, name, err))
                return false;
        }
    }
    return true;
}

static void set_hash(struct bundle *b)
{
    struct buf encoded;
    buf_init(&encoded, FRAME_MAX);
    bundle_encode(b, &encoded);
    id_sha256(encoded.data, encoded.len, b->hash);
    buf_done(&encoded);
}

static struct bundle *bundle_new(struct text project, struct text key, size_t files)
{
    struct bundle *b = mem_zero(1, sizeof *b);
    b->project = mem_text_n(project.data, project.len);
    b->key = mem_text_n(key.data, key.len);
    b->files = mem_zero(files, sizeof *b->files);
    return b;
}

/* The first file is there, or, with `begun` false, err says why not: the modules follow. */
static bool finish_reading(struct reading *r, bool begun, struct bundle **out, struct error *err)
{
    if (!begun || !add_modules(r, err)) {
        bundle_free(r->bundle);
        return false;
    }
    set_hash(r->bundle);
    *out = r->bundle;
    return true;
}

bool bundle_read(const char *root, const char *project, const char *key, struct bundle **out,
                 struct error *err)
{
    if (!bundle_name_ok(text_of(project)) || !bundle_name_ok(text_of(key)))
        return error_set(err, ERROR_INVALID,
                         "%s/%s.lua:1: project and key must be of letters, digits, _ and -, at "
                         "most %d",
                         project, key, BUNDLE_NAME);
    char path[2 * BUNDLE_NAME + 8];
    snprintf(path, sizeof path, "%s/%s.lua", project, key);
    struct reading r = {.root = root,
                        .bundle = bundle_new(text_of(project), text_of(key), BUNDLE_MODULES + 1)};
    return finish_reading(&r, add_file(&r, path, path, err) == READ_DONE, out, err);
}

bool bundle_read_module(const char *root, const char *project, const char *module,
                        struct bundle **out, struct error *err)
{
    char path[BUNDLE_NAME + 16], source[BUNDLE_NAME + 80];
    if (!bundle_name_ok(text_of(project)) || !bundle_name_ok(text_of(module)))
        return error_set(err, ERROR_INVALID,
                         "%s.lua:1: a module's name must be of letters, digits, _ and -, at most "
                         "%d",
                         module, BUNDLE_NAME);
    snprintf(path, sizeof path, "%s/check.lua", project);
    snprintf(source, sizeof source, "require \"lib.%s\"\nreturn trigger { run = function() end }\n",
             module);
    struct reading r = {.root = root,
                        .bundle = bundle_new(text_of(project), TEXT("check"), BUNDLE_MODULES + 1)};
    r.bundle->files[r.bundle->count++] =
        (struct bundle_file){mem_text(path), mem_text(path), mem_text(source), strlen(source)};
    return finish_reading(&r, true, out, err);
}

/* ---- the codec */

void bundle_encode(const struct bundle *b, struct buf *out)
{
    frame_put_u32(out, (uint32_t)b->count);
    for (size_t i = 0; i < b->count; i++) {
        frame_put_bytes(out, text_of(b->files[i].path));
        frame_put_bytes(out, (struct text){b->files[i].source, b->files[i].size});
    }
}

/* Splits "support/refund.lua" into project and key. */
static bool split_address(struct text name, struct text *project, struct text *key)
{
    static const char ending[] = ".lua";
    size_t end = sizeof ending - 1;
    *project = text_cut(&name, '/');
    if (!name.data || name.len <= end || memcmp(name.data + name.len - end, ending, end) != 0)
        return false;
    *key = (struct text){name.data, name.len - end};
    return bundle_name_ok(*project) && bundle_name_ok(*key);
}

/* Makes "lib.mail" of "support/lib/mail.lua"; the trigger's own path is its name. */
static char *file_name(struct text path, bool module)
{
    static const char ending[] = ".lua";
    if (!module)
        return mem_text_n(path.data, path.len);
    struct text rest = path, last = TEXT_NONE;
    while (rest.data)
        last = text_cut(&rest, '/');
    size_t end = sizeof ending - 1, stem = last.len > end ? last.len - end : 0;
    char *name = mem_alloc(sizeof module_prefix + stem);
    memcpy(name, module_prefix, sizeof module_prefix - 1);
    memcpy(name + sizeof module_prefix - 1, last.data, stem);
    name[sizeof module_prefix - 1 + stem] = 0;
    return name;
}

struct bundle *bundle_decode(struct text encoded, struct error *err)
{
    struct bundle *b = NULL;
    struct frame_reader in = {.rest = encoded};
    uint32_t count = frame_get_u32(&in);
    if (count > BUNDLE_MODULES + 1)
        in.broken = true;
    for (uint32_t i = 0; i < count && !in.broken; i++) {
        struct text project, key;
        struct text path = frame_get_bytes(&in), source = frame_get_bytes(&in);
        if (!path.data || !source.data || (i == 0 && !split_address(path, &project, &key))) {
            in.broken = true;
            break;
        }
        if (i == 0)
            b = bundle_new(project, key, count);
        b->files[b->count++] =
            (struct bundle_file){file_name(path, i > 0), mem_text_n(path.data, path.len),
                                 mem_text_n(source.data, source.len), source.len};
    }
    if (!b || !frame_read_ok(&in)) {
        bundle_free(b);
        error_set(err, ERROR_INVALID, "the kept files of this version are broken");
        return NULL;
    }
    set_hash(b);
    return b;
}
