/* SPDX-License-Identifier: MIT */
#include "runner/run/loop.h"

#include "base/clock.h"
#include "runner/run/run.h"
#include "runner/vm/tick.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { FRAMES_BETWEEN_LOOKS = 8, BUFFER_KEPT = 1 << 20 };

bool loop_init(struct loop *l, int socket, struct status_page *page, struct error *err)
{
    *l = (struct loop){.socket = socket};
    l->status_page = page ? page : &l->nobody;
    buf_init(&l->in, FRAME_MAX + FRAME_HEADER + LOOP_READ);
    buf_init(&l->out, LOOP_OUT_MAX);
    buf_init(&l->scratch, FRAME_MAX);
    l->port.out = &l->out;
    l->port.scratch = &l->scratch;
    images_init(&l->images);
    table_init(&l->runs);
    table_init(&l->versions);
    list_init(&l->ready);
    return lualib_init(&l->lualib, err);
}

static void forget_version(struct loop *l, struct version *v)
{
    table_del(&l->versions, &v->node);
    images_forget(&l->images, v);
    v->unloaded = true;
    version_unref(v);
}

void loop_done(struct loop *l)
{
    struct table_node *node;
    while ((node = table_any(&l->runs)))
        run_free(CONTAINER_OF(node, struct run, node));
    while (!list_empty(&l->ready)) /* loads are not in the table */
        run_free(LIST_ENTRY(l->ready.next, struct run, ready));
    while ((node = table_any(&l->versions)))
        forget_version(l, CONTAINER_OF(node, struct version, node));
    table_done(&l->runs);
    table_done(&l->versions);
    slots_done(&l->slots);
    lualib_done(&l->lualib);
    buf_done(&l->in);
    buf_done(&l->out);
    buf_done(&l->scratch);
}

/* ---- frames */

static struct version *find_version(struct loop *l, uint64_t tag)
{
    struct table_node *node = table_get(&l->versions, tag);
    return node ? CONTAINER_OF(node, struct version, node) : NULL;
}

static bool take_load(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct version *v = find_version(l, f->tag) ? NULL : version_new(&l->lualib, r);
    if (!v)
        return false;
    table_put(&l->versions, &v->node, f->tag);
    if (!frame_read_ok(r))
        return false;
    run_load(l, v);
    return true;
}

static bool take_unload(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct version *v = find_version(l, f->tag);
    if (v)
        forget_version(l, v);
    return frame_read_ok(r);
}

static bool take_start(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct frame_start start;
    frame_get_start(r, &start);
    return frame_read_ok(r) && run_start(l, f->tag, &start);
}

static struct run *find_run(struct loop *l, uint64_t tag)
{
    struct table_node *node = table_get(&l->runs, tag);
    return node ? CONTAINER_OF(node, struct run, node) : NULL;
}

static bool take_answer(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct answer a = {.at_ms = (int64_t)frame_get_u64(r)};
    a.step = frame_get_u32(r);
    a.ok = frame_get_u8(r) != 0;
    a.json = frame_get_bytes(r);
    struct run *run = find_run(l, f->tag);
    if (run && frame_read_ok(r))
        run_answer(run, &a); /* else it ended before this came */
    return frame_read_ok(r);
}

static bool take_drop(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct run *run = find_run(l, f->tag);
    if (run)
        run_free(run);
    return frame_read_ok(r);
}

static bool take(struct loop *l, const struct frame *f)
{
    static bool (*const takers[])(struct loop *, const struct frame *, struct frame_reader *) = {
        [FRAME_LOAD] = take_load,     [FRAME_UNLOAD] = take_unload, [FRAME_START] = take_start,
        [FRAME_ANSWER] = take_answer, [FRAME_DROP] = take_drop,
    };
    struct frame_reader r;
    frame_read(&r, f);
    return f->type < ARRAY_LEN(takers) && takers[f->type] && takers[f->type](l, f, &r);
}

/* ---- the socket */

/* False: the host is gone. What does not go now stays. */
static bool send_some(struct loop *l)
{
    size_t sent = 0;
    while (sent < l->out.len) {
        ssize_t n =
            send(l->socket, l->out.data + sent, l->out.len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return false;
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    if (sent == l->out.len && l->out.cap > BUFFER_KEPT)
        buf_done(&l->out);
    else if (sent > 0)
        buf_drop_front(&l->out, sent);
    return true;
}

/* For a while nothing has come: what a crowd of runs has left behind goes back to the kernel. */
static void trim(struct loop *l)
{
    slots_trim(&l->slots);
    images_trim(&l->images);
    if (l->in.len == 0)
        buf_done(&l->in);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* Appends what is there to `in`; waits for something first if asked to. False: the host is gone. */
static bool receive(struct loop *l, bool wait)
{
    if (l->in.max - l->in.len < LOOP_READ)
        return true; /* what is there must be handled first */
    buf_reserve(&l->in, LOOP_READ);
    for (;;) {
        ssize_t n = recv(l->socket, l->in.data + l->in.len, LOOP_READ, wait ? 0 : MSG_DONTWAIT);
        if (n > 0)
            l->in.len += (size_t)n;
        bool none = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (none && wait)
            trim(l);
        if (n > 0 || none)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

/* Both ways at once: two sides that only write would wait for each other for ever. */
static bool exchange(struct loop *l)
{
    struct pollfd p = {.fd = l->socket, .events = POLLIN | POLLOUT};
    if (l->in.max - l->in.len < LOOP_READ)
        p.events = POLLOUT; /* the host has sent all that it may before an answer */
    while (poll(&p, 1, -1) < 0) {
        if (errno != EINTR)
            return false;
    }
    if ((p.revents & (POLLIN | POLLHUP | POLLERR)) && (p.events & POLLIN) && !receive(l, false))
        return false;
    return send_some(l);
}

/* ---- the turn */

/* Sends what has waited long enough; false: the host is gone. */
static bool send_when_due(struct loop *l, int64_t *since_us)
{
    if (l->out.len == 0)
        return true;
    int64_t now_us = clock_mono_us(&clock_system);
    if (*since_us == 0)
        *since_us = now_us;
    if (l->out.len < LOOP_FLUSH && now_us - *since_us < LOOP_FLUSH_US)
        return true;
    *since_us = 0;
    return send_some(l);
}

ssize_t loop_take(struct loop *l, const char *in, size_t len)
{
    size_t at = 0;
    int64_t since_us = 0;
    for (unsigned frames = 1; l->out.len < LOOP_CHOKED; frames++) {
        struct frame f;
        size_t used = 0;
        int got = frame_next(in + at, len - at, &f, &used);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        if (!take(l, &f))
            return -1;
        at += used;
        if ((l->out.len >= LOOP_FLUSH || frames % FRAMES_BETWEEN_LOOKS == 0) && l->socket >= 0 &&
            !send_when_due(l, &since_us))
            break; /* the next read says so, too */
    }
    return (ssize_t)at;
}

bool loop_slice(struct loop *l)
{
    struct list *node = list_pop(&l->ready);
    if (!node)
        return false;
    run_turn(LIST_ENTRY(node, struct run, ready));
    return true;
}

enum loop_exit loop_run(struct loop *l)
{
    size_t mark = frame_begin(&l->out, FRAME_READY, 0);
    frame_end(&l->out, mark);
    for (;;) {
        if (!send_some(l))
            return LOOP_CLOSED;
        bool choked = l->out.len >= LOOP_CHOKED, idle = list_empty(&l->ready);
        bool more = l->left && !choked; /* frames that had to wait while it was choked */
        bool open =
            l->out.len > 0 && (choked || (idle && !more)) ? exchange(l) : receive(l, idle && !more);
        if (!open)
            return LOOP_CLOSED;
        ssize_t used = loop_take(l, l->in.data, l->in.len);
        if (used < 0)
            return LOOP_BROKEN;
        buf_drop_front(&l->in, (size_t)used);
        l->left = l->out.len >= LOOP_CHOKED && l->in.len > 0;
        if (l->out.len < LOOP_CHOKED)
            loop_slice(l);
    }
}
