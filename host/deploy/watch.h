/* SPDX-License-Identifier: MIT */
/* watch.h - notices changes of the scripts folder by inotify. Watched are root/, root/<project>/,
 * their lib/ folders, the folders that symbolic links in there lead to, and each folder that holds
 * root or a link on the way to it, so that a swapped link and a folder that was deleted and made
 * again are noticed.
 * Owner: struct reload. Thread: loop. Limit: WATCH_FOLDERS. */
#pragma once
#include "base/error.h"
#include <uv.h>

enum {
    WATCH_SETTLE_MS = 20, /* changed() is called when no event has come for this long */
    WATCH_MOST_MS = 60,   /* or this long after the first event, however many follow */
    WATCH_FOLDERS = 8192,
};

struct watch;

/* Calls changed() once for each burst of changes. New folders are watched by then, so a scan made
 * in it misses nothing. changed() may free the watch. NULL and err: root is no folder, or inotify
 * is not to be had. */
struct watch *watch_new(uv_loop_t *loop, const char *root, void (*changed)(void *arg), void *arg,
                        struct error *err) MUST_CHECK;
/* Ends the calls. The loop must go on for a while, as the handles close there. w may be NULL. */
void watch_free(struct watch *w);
