/* SPDX-License-Identifier: MIT */
#include "runner/run/loop.h"

#include "base/clock.h"
#include "runner/run/script_run.h"
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
    tag_map_init(&l->runs);
    tag_map_init(&l->programs);
    list_init(&l->ready);
    return lualib_init(&l->lualib, err);
}

static void forget_program(struct loop *l, struct program *p)
{
    tag_map_del(&l->programs, &p->node);
    images_forget(&l->images, p);
    p->unloaded = true;
    program_unref(p);
}

void loop_done(struct loop *l)
{
    struct tag_node *node;
    while ((node = tag_map_any(&l->runs)))
        script_run_free(CONTAINER_OF(node, struct script_run, node));
    while (!list_empty(&l->ready)) /* loads are not in the table */
        script_run_free(LIST_ENTRY(l->ready.next, struct script_run, ready));
    while ((node = tag_map_any(&l->programs)))
        forget_program(l, CONTAINER_OF(node, struct program, node));
    tag_map_done(&l->runs);
    tag_map_done(&l->programs);
    slots_done(&l->slots);
    lualib_done(&l->lualib);
    buf_done(&l->in);
    buf_done(&l->out);
    buf_done(&l->scratch);
}

/* ---- frames */

static struct program *find_program(struct loop *l, uint64_t tag)
{
    struct tag_node *node = tag_map_get(&l->programs, tag);
    return node ? CONTAINER_OF(node, struct program, node) : NULL;
}

static bool handle_load(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct program *p = find_program(l, f->tag) ? NULL : program_new(&l->lualib, r);
    if (!p)
        return false;
    tag_map_put(&l->programs, &p->node, f->tag);
    if (!frame_read_ok(r))
        return false;
    script_run_load(l, p);
    return true;
}

static bool handle_unload(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct program *p = find_program(l, f->tag);
    if (p)
        forget_program(l, p);
    return frame_read_ok(r);
}

static bool handle_start(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct frame_start start;
    frame_get_start(r, &start);
    return frame_read_ok(r) && script_run_start(l, f->tag, &start);
}

static struct script_run *find_run(struct loop *l, uint64_t tag)
{
    struct tag_node *node = tag_map_get(&l->runs, tag);
    return node ? CONTAINER_OF(node, struct script_run, node) : NULL;
}

static bool handle_answer(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct step_answer a = {.at_ms = (int64_t)frame_get_u64(r)};
    a.step = frame_get_u32(r);
    a.ok = frame_get_u8(r) != 0;
    a.json = frame_get_bytes(r);
    struct script_run *run = find_run(l, f->tag);
    if (run && frame_read_ok(r))
        script_run_answer(run, &a); /* else it ended before this came */
    return frame_read_ok(r);
}

static bool handle_drop(struct loop *l, const struct frame *f, struct frame_reader *r)
{
    struct script_run *run = find_run(l, f->tag);
    if (run)
        script_run_free(run);
    return frame_read_ok(r);
}

static bool handle_frame(struct loop *l, const struct frame *f)
{
    static bool (*const handlers[])(struct loop *, const struct frame *, struct frame_reader *) = {
        [FRAME_LOAD] = handle_load,   [FRAME_UNLOAD] = handle_unload,
        [FRAME_START] = handle_start, [FRAME_ANSWER] = handle_answer,
        [FRAME_DROP] = handle_drop,
    };
    struct frame_reader r;
    frame_read(&r, f);
    return f->type < ARRAY_LEN(handlers) && handlers[f->type] && handlers[f->type](l, f, &r);
}

/* ---- the socket */

/* Sends what the socket takes now; the rest stays. False: the host is gone. */
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

/* Nothing has come for a while: what a crowd of runs has left behind goes back to the kernel. */
static void give_memory_back(struct loop *l)
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
            give_memory_back(l);
        if (n > 0 || none)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

/* Sends and receives at once: two sides that only write would wait for each other for ever. */
static bool exchange(struct loop *l)
{
    struct pollfd polled = {.fd = l->socket, .events = POLLIN | POLLOUT};
    if (l->in.max - l->in.len < LOOP_READ)
        polled.events = POLLOUT; /* the host has sent all that it may before an answer */
    while (poll(&polled, 1, -1) < 0) {
        if (errno != EINTR)
            return false;
    }
    if ((polled.revents & (POLLIN | POLLHUP | POLLERR)) && (polled.events & POLLIN) &&
        !receive(l, false))
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
        if (!handle_frame(l, &f))
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
    script_run_turn(LIST_ENTRY(node, struct script_run, ready));
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
