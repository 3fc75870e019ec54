/* SPDX-License-Identifier: MIT */
/* loop.h - the runner's loop: frames in, slices of runs, frames out. It owns everything that
 * outlives a run.
 *
 * Each frame is handled when it is read, and its run goes on at once. A run that has to leave the
 * processor before it is done stands in the ready list, which gets one slice a turn. So a hog does
 * not hold up those who need little.
 *
 * Owner: the process. Thread: one. Limits: the enum below. */
#pragma once
#include "base/buf.h"
#include "base/list.h"
#include "runner/run/image.h"
#include "runner/run/lualib.h"
#include "runner/run/script.h"
#include "runner/run/tag_map.h"
#include "runner/vm/slot.h"
#include "wire/status_page.h"
#include <sys/types.h>

enum {
    LOOP_READ = 256 << 10, /* bytes read at once */
    LOOP_FLUSH = 64 << 10, /* unsent bytes that are sent before more frames are handled */
    LOOP_FLUSH_US = 1000,  /* age of unsent bytes at which they are sent */
    LOOP_CHOKED = 4 << 20, /* unsent bytes at which nothing runs until the host has taken some */
    LOOP_OUT_MAX = 256 << 20,
};

enum loop_exit { LOOP_CLOSED = 0, LOOP_BROKEN = 70, LOOP_NO_SANDBOX = 71 };

struct loop {
    int socket;
    struct status_page *status_page;
    struct status_page nobody; /* stands in for a status page without a host */
    struct buf in, out, scratch;
    struct script_port port;
    struct lualib lualib;
    struct slots slots;
    struct images images;
    struct tag_map runs, programs;
    struct list ready; /* runs that were preempted */
    bool left;         /* whole frames wait in `in` until the host has taken some of `out` */
};

/* page may be NULL. */
bool loop_init(struct loop *l, int socket, struct status_page *page, struct error *err) MUST_CHECK;
void loop_done(struct loop *l);
/* Says READY, then serves until the host closes. */
enum loop_exit loop_run(struct loop *l);
/* Handles all whole frames in in[0..len). Returns the bytes used, or -1: a frame is broken. */
ssize_t loop_take(struct loop *l, const char *in, size_t len);
/* One slice of the run that waits longest. False: none waits. */
bool loop_slice(struct loop *l);
