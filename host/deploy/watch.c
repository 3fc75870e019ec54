/* SPDX-License-Identifier: MIT */
#include "deploy/watch.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    LINKS_MAX = 32,       /* links that lead to links; the kernel's own limit is 40 */
    NAMES_MAX = 64 << 10, /* bytes of names watched in one folder; with more all names are */
    DEPTH_LIB = 2,        /* root 0, project 1, its lib 2 */
};

#define FOLDER_EVENTS                                                                   \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY | \
     IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD)

struct folder { /* an inotify watch */
    int wd;
    uint64_t round;   /* the last rearm() that wanted it */
    bool all;         /* every name matters; else those in names alone */
    struct buf names; /* "name\0" … */
};

struct watch {
    int fd;
    uv_poll_t poll;
    uv_timer_t settle;
    char *root;         /* absolute, its links not resolved */
    struct map folders; /* the bytes of wd -> struct folder */
    uint64_t round;
    uint64_t first_ms; /* of the burst under way; 0: none */
    bool full;         /* a folder could not be watched, and that was logged */
    int open;          /* handles not closed yet */
    void (*changed)(void *arg);
    void *arg;
    char input[READ_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
};

/* ---- what is watched */

static struct text wd_key(const int *wd)
{
    return (struct text){(const char *)wd, sizeof *wd};
}

static void folder_free(struct folder *f)
{
    buf_done(&f->names);
    free(f);
}

static void log_unwatched(struct watch *w, const char *path, int errnum)
{
    if (w->full || errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP)
        return; /* gone since it was listed, or no folder: its event is on the way */
    w->full = true;
    log_warn(NULL, "changes in %s will not be noticed: %s", path,
             errnum == ENOSPC ? "fs.inotify.max_user_watches is used up" : strerror(errnum));
}

/* Watches a folder for changes of one entry; name NULL: of all. False: it cannot be watched. */
static bool add_folder(struct watch *w, const char *path, const char *name)
{
    int wd = w->folders.count < WATCH_FOLDERS ? inotify_add_watch(w->fd, path, FOLDER_EVENTS) : -1;
    if (wd < 0) {
        log_unwatched(w, path, w->folders.count < WATCH_FOLDERS ? errno : ENOSPC);
        return false;
    }
    struct folder *f = map_get(&w->folders, wd_key(&wd));
    if (!f) {
        f = mem_zero(1, sizeof *f);
        f->wd = wd;
        buf_init(&f->names, NAMES_MAX);
        map_put(&w->folders, wd_key(&f->wd), f);
    }
    if (f->round != w->round) {
        f->round = w->round;
        f->all = false;
        buf_clear(&f->names);
    }
    if (name)
        buf_add(&f->names, name, strlen(name) + 1);
    f->all = f->all || !name || f->names.full;
    return true;
}

/* Watches the last part of an absolute path, in the folder that holds it. */
static void add_entry(struct watch *w, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    add_folder(w, folder, slash + 1);
}

static void add_way(struct watch *w, const char *path, int *links);

static void add_link(struct watch *w, const char *path, int *links)
{
    char target[PATH_MAX], whole[2 * PATH_MAX];
    add_entry(w, path);
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len <= 0 || (*links)++ >= LINKS_MAX)
        return;
    target[len] = '\0';
    int base = target[0] == '/' ? 0 : (int)(strrchr(path, '/') - path) + 1;
    if (snprintf(whole, sizeof whole, "%.*s%s", base, path, target) < PATH_MAX)
        add_way(w, whole, links);
}

/* False: there is nothing at path, and the place where it would be made is watched. */
static bool exists_or_watched(struct watch *w, const char *path, struct stat *st)
{
    if (lstat(path, st) == 0)
        return true;
    add_entry(w, path);
    return lstat(path, st) == 0; /* it may have come before the watch did */
}

/* Watches everything that decides what an absolute path leads to: each link on the way and its last
 * part; when something is missing, the place where it would be made. */
static void add_way(struct watch *w, const char *path, int *links)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    for (size_t end = 2; end <= len; end++) {
        struct stat st;
        if ((end < len && path[end] != '/') || path[end - 1] == '/')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)end, path);
        if (end == len)
            add_entry(w, part);
        if (!exists_or_watched(w, part, &st))
            return;
        if (S_ISLNK(st.st_mode))
            add_link(w, part, links);
    }
}

static void add_tree(struct watch *w, const char *path, int depth)
{
    DIR *dir = add_folder(w, path, NULL) ? opendir(path) : NULL;
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char child[PATH_MAX];
        int links = 0;
        bool lib = strcmp(entry->d_name, "lib") == 0;
        if (entry->d_name[0] == '.' ||
            snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child)
            continue;
        if (entry->d_type != DT_REG && entry->d_type != DT_DIR)
            add_way(w, child, &links);
        if (entry->d_type != DT_REG && depth < DEPTH_LIB && (depth == 0 || lib))
            add_tree(w, child, depth + 1);
    }
    if (dir)
        closedir(dir);
}

/* Watches what there is now, and ceases to watch what is gone. Each folder is watched before it is
 * listed, so that nothing is missed in between. */
static void rearm(struct watch *w)
{
    int links = 0;
    size_t pos = 0;
    struct text key;
    void *value;
    w->round++;
    add_way(w, w->root, &links);
    add_tree(w, w->root, 0);
    while (map_next(&w->folders, &pos, &key, &value)) {
        struct folder *f = value;
        if (f->round == w->round)
            continue;
        inotify_rm_watch(w->fd, f->wd);
        map_del(&w->folders, wd_key(&f->wd));
        folder_free(f);
    }
}

/* ---- what happens */

static void on_settled(uv_timer_t *timer)
{
    struct watch *w = timer->data;
    w->first_ms = 0;
    rearm(w);
    w->changed(w->arg); /* may free w */
}

static void start_settling(struct watch *w)
{
    uv_update_time(w->settle.loop);
    uint64_t now = uv_now(w->settle.loop);
    if (w->first_ms == 0)
        w->first_ms = now;
    uint64_t spent = now - w->first_ms;
    uint64_t left = spent < WATCH_MOST_MS ? WATCH_MOST_MS - spent : 0;
    uv_timer_start(&w->settle, on_settled, left < WATCH_SETTLE_MS ? left : WATCH_SETTLE_MS, 0);
}

/* Hidden files and backups are made by editors and change nothing. "..data" does: by it Kubernetes
 * swaps all files of a volume at once. */
static bool is_noise(const char *name)
{
    size_t len = strlen(name);
    return (name[0] == '.' && name[1] != '.') || (len > 0 && name[len - 1] == '~');
}

static bool is_listed(const struct folder *f, const char *name)
{
    size_t len = strlen(name) + 1;
    for (size_t at = 0; at < f->names.len; at += strlen(f->names.data + at) + 1) {
        if (f->names.len - at >= len && memcmp(f->names.data + at, name, len) == 0)
            return true;
    }
    return false;
}

static bool event_matters(struct watch *w, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    struct folder *f = map_get(&w->folders, wd_key(&event->wd));
    if (!f)
        return false;               /* its watch was given up by rearm() */
    if (event->mask & IN_IGNORED) { /* the folder is gone, and its watch with it */
        map_del(&w->folders, wd_key(&f->wd));
        folder_free(f);
        return true;
    }
    const char *name = event->len > 0 ? event->name : "";
    if (!name[0])
        return f->all || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF));
    return is_listed(f, name) || (f->all && !is_noise(name));
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    (void)status, (void)events;
    ssize_t got = read(w->fd, w->input, sizeof w->input); /* what is left wakes the poll again */
    bool any = false;
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const void *)(w->input + at);
        any = event_matters(w, event) || any;
        at += (ssize_t)(sizeof *event + event->len);
    }
    if (any)
        start_settling(w);
}

/* ---- life */

static char *absolute(const char *path)
{
    char folder[PATH_MAX];
    struct buf out;
    buf_init(&out, 2 * (size_t)PATH_MAX);
    if (path[0] != '/' && getcwd(folder, sizeof folder)) {
        buf_str(&out, folder);
        buf_char(&out, '/');
    }
    buf_str(&out, path);
    return buf_take(&out);
}

static void on_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    size_t pos = 0;
    struct text key;
    void *value;
    if (--w->open > 0)
        return;
    while (map_next(&w->folders, &pos, &key, &value))
        folder_free(value);
    map_done(&w->folders);
    close(w->fd);
    free(w->root);
    free(w);
}

struct watch *watch_new(uv_loop_t *loop, const char *root, void (*changed)(void *arg), void *arg,
                        struct error *err)
{
    struct stat st;
    if (stat(root, &st) != 0 || !S_ISDIR(st.st_mode)) {
        error_set(err, ERROR_MISSING, "scripts folder %s does not exist", root);
        return NULL;
    }
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        error_errno(err, errno, "watching %s", root);
        return NULL;
    }
    struct watch *w = mem_zero(1, sizeof *w);
    int status = uv_poll_init(loop, &w->poll, fd);
    if (status != 0) {
        error_set(err, ERROR_IO, "watching %s: %s", root, uv_strerror(status));
        close(fd);
        free(w);
        return NULL;
    }
    w->fd = fd;
    w->root = absolute(root);
    w->changed = changed;
    w->arg = arg;
    map_init(&w->folders);
    uv_timer_init(loop, &w->settle);
    w->poll.data = w->settle.data = w;
    w->open = 2;
    rearm(w);
    uv_poll_start(&w->poll, UV_READABLE, on_readable);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    uv_close((uv_handle_t *)&w->poll, on_closed);
    uv_close((uv_handle_t *)&w->settle, on_closed);
}
