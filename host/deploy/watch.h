/* SPDX-License-Identifier: MIT */
/* watch.h - notices changes of the scripts folder: inotify on root/, root/<project>/, their lib/
 * folders, the folders of what symbolic links in there point to, and on each folder that holds a
 * link on the way to root or root itself, so that a swapped link and a folder that was deleted and
 * made again are seen. Owner: engine. Thread: loop. Limit: WATCH_FOLDERS. */
#pragma once
#include "base/error.h"
#include <uv.h>

enum {
    WATCH_SETTLE_MS = 20, /* without further events, before changed() */
    WATCH_MOST_MS = 60,   /* after the first event, however many follow */
    WATCH_FOLDERS = 8192,
};

struct watch;

/* changed() is told once a burst, with the new folders watched already: whoever scans then misses
 * nothing. It may free the watch. A root that is no folder is an error. */
struct watch *watch_new(uv_loop_t *loop, const char *root, void (*changed)(void *arg), void *arg,
                        struct error *err) MUST_CHECK;
/* No more calls; run the loop on so that the handles close. NULL is fine. */
void watch_free(struct watch *w);
