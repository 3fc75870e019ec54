/* SPDX-License-Identifier: MIT */
#include "engine/pool.h"
#include "base/log.h"
#include "base/mem.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10, OUT_MAX = 1 << 30, WATCH_MS = 50, MAX_FAST_DEATHS = 8 };

struct runner {
    struct pool *pool;
    unsigned index;
    struct process *now; /* NULL only while the pool closes */
    int64_t born_ms;
    int fast_deaths; /* of its own doing, in a row, within a second of being born, before READY */
    bool ready;
};

/* A process in a runner's place. It lives until both its uv handles are closed, a little longer
 * than it has the place. */
struct process {
    struct runner *runner;
    uv_process_t child;
    uv_poll_t poll;
    int fd;
    int handles; /* open uv handles */
    struct status_page *status_page;
    struct buf in, out;
    bool exited, killed_for_cpu, broke;
    int64_t status;
    int signal;
    uint64_t seen_tag, seen_slice; /* what the watchdog saw last, and since when */
    int64_t seen_cpu_ms, seen_wall_ms;
};

struct pool {
    struct pool_options o;
    struct runner runners[POOL_RUNNERS];
    uv_timer_t watchdog;
    int open; /* processes and the watchdog, until closed */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

static bool start_process(struct runner *r, struct error *err);
static void on_poll(uv_poll_t *poll, int status, int events);

static void release_pool(struct pool *p)
{
    if (--p->open > 0 || !p->closing)
        return;
    if (p->closed)
        p->closed(p->closed_arg);
    free(p);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct process *pr = handle->data;
    if (--pr->handles > 0)
        return;
    struct pool *p = pr->runner->pool;
    close(pr->fd);
    munmap(pr->status_page, STATUS_PAGE_BYTES);
    buf_done(&pr->in);
    buf_done(&pr->out);
    free(pr);
    release_pool(p);
}

static void describe_end(const struct process *pr, char *out, size_t cap)
{
    if (pr->broke)
        snprintf(out, cap, "it broke the frame contract");
    else if (pr->signal)
        snprintf(out, cap, "killed by signal %d (%s)", pr->signal, strsignal(pr->signal));
    else
        snprintf(out, cap, "exit status %d", (int)pr->status);
}

/* Where the script stood. A script may have taken the runner over, so what the page says is used
 * only if it can stand in a log. */
static void read_last_words(const struct status_page *b, char at[STATUS_PAGE_AT])
{
    at[0] = '\0';
    if (atomic_load(&b->at_slice) != atomic_load(&b->slice))
        return;
    memcpy(at, b->at, STATUS_PAGE_AT);
    at[STATUS_PAGE_AT - 1] = '\0';
    bool clean = text_utf8_ok(text_of(at));
    for (const char *c = at; *c; c++)
        clean = clean && (unsigned char)*c >= ' ' && *c != 127;
    if (!clean)
        at[0] = '\0';
}

/* Reads the frames that the process sent before it died, which count; starts another in its place;
 * then says whose fault it was. */
static void bury_process(struct process *pr)
{
    struct runner *r = pr->runner;
    struct pool *p = r->pool;
    if (r->now == pr && !pr->broke)
        on_poll(&pr->poll, 0, UV_READABLE);
    char detail[96], at[STATUS_PAGE_AT];
    describe_end(pr, detail, sizeof detail);
    read_last_words(pr->status_page, at);
    struct pool_end end = {.kind = (enum status_page_kind)atomic_load(&pr->status_page->kind),
                           .culprit = atomic_load(&pr->status_page->tag),
                           .detail = detail,
                           .at = at};
    end.why = pr->killed_for_cpu      ? POOL_HOGGED
              : pr->broke             ? POOL_BROKE
              : pr->signal == SIGKILL ? POOL_KILLED
                                      : POOL_CRASHED;
    bool current = r->now == pr;
    uv_close((uv_handle_t *)&pr->poll, on_handle_closed);
    uv_close((uv_handle_t *)&pr->child, on_handle_closed);
    if (!current || p->closing)
        return;
    /* To be killed from outside says nothing about whether a runner can be started. */
    bool fast =
        !r->ready && end.why != POOL_KILLED && clock_mono_ms(p->o.clock) - r->born_ms < 1000;
    r->fast_deaths = fast ? r->fast_deaths + 1 : 0;
    struct error err;
    if (r->fast_deaths >= MAX_FAST_DEATHS || !start_process(r, &err)) {
        log_error(
            NULL,
            "runner %u cannot be started (%s): giving up; a restart of the host resumes all runs",
            r->index, r->fast_deaths >= MAX_FAST_DEATHS ? detail : err.text);
        abort();
    }
    if (end.kind == STATUS_PAGE_IDLE)
        end.culprit = 0;
    p->o.lost(p->o.arg, r->index, &end);
}

static void on_child_exit(uv_process_t *child, int64_t status, int signal)
{
    struct process *pr = child->data;
    pr->exited = true;
    pr->status = status;
    pr->signal = signal;
    bury_process(pr);
}

static void kill_process(struct process *pr)
{
    uv_poll_stop(&pr->poll);
    if (!pr->exited)
        uv_process_kill(&pr->child, SIGKILL);
}

static void take_frames(struct process *pr)
{
    struct runner *r = pr->runner;
    struct pool *p = r->pool;
    size_t at = 0, used;
    struct frame f;
    int got;
    while ((got = frame_next(pr->in.data + at, pr->in.len - at, &f, &used)) > 0) {
        at += used;
        if (f.type == FRAME_READY)
            r->ready = true;
        else if (!p->o.frame(p->o.arg, r->index, &f))
            got = -1;
        if (got < 0)
            break;
    }
    if (got < 0) {
        pr->broke = true;
        kill_process(pr);
        return;
    }
    buf_drop_front(&pr->in, at);
}

static void read_some(struct process *pr)
{
    for (;;) {
        if (!buf_reserve(&pr->in, READ_BYTES)) {
            pr->broke = true;
            kill_process(pr);
            return;
        }
        ssize_t n = read(pr->fd, pr->in.data + pr->in.len, READ_BYTES);
        if (n <= 0)
            return; /* nothing now, or the end: on_child_exit follows */
        pr->in.len += (size_t)n;
        take_frames(pr);
        if (n < READ_BYTES || pr->broke)
            return;
    }
}

static void write_some(struct process *pr)
{
    size_t at = 0;
    while (at < pr->out.len) {
        ssize_t n = send(pr->fd, pr->out.data + at, pr->out.len - at, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    buf_drop_front(&pr->out, at);
    if (pr->out.len == 0 && pr->out.cap > (4u << 20))
        buf_done(&pr->out);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct process *pr = poll->data;
    if (status < 0) {
        uv_poll_stop(poll);
        return;
    }
    if (events & UV_READABLE)
        read_some(pr);
    if (events & UV_WRITABLE) {
        write_some(pr);
        if (pr->out.len == 0 && !pr->broke && !pr->exited)
            uv_poll_start(&pr->poll, UV_READABLE, on_poll);
    }
}

static bool open_border(struct process *pr, int fds[2], int *page_fd, struct error *err)
{
    *page_fd = memfd_create("moontide-status-page", MFD_CLOEXEC);
    if (*page_fd < 0 || ftruncate(*page_fd, STATUS_PAGE_BYTES) != 0)
        return error_errno(err, errno, "making the runner's status page");
    pr->status_page =
        mmap(NULL, STATUS_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *page_fd, 0);
    if (pr->status_page == MAP_FAILED)
        return error_errno(err, errno, "mapping the runner's status page");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        return error_errno(err, errno, "making the runner's socket");
    return true;
}

/* Starts this binary again as a runner: no environment, stderr, its socket and the status page. */
static int spawn_child(struct process *pr, int socket_fd, int page_fd)
{
    char *args[] = {"moontide", "runner", NULL};
    char *no_env[] = {NULL};
    uv_stdio_container_t io[5] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = 2},
        {.flags = UV_INHERIT_FD, .data.fd = socket_fd},
        {.flags = UV_INHERIT_FD, .data.fd = page_fd},
    };
    uv_process_options_t spawn = {
        .exit_cb = on_child_exit,
        .file = "/proc/self/exe",
        .args = args,
        .env = no_env,
        .stdio_count = 5,
        .stdio = io,
    };
    return uv_spawn(pr->runner->pool->o.loop, &pr->child, &spawn);
}

static bool start_process(struct runner *r, struct error *err)
{
    struct pool *p = r->pool;
    struct process *pr = mem_zero(1, sizeof *pr);
    int fds[2] = {-1, -1}, page_fd = -1;
    pr->runner = r;
    if (!open_border(pr, fds, &page_fd, err)) {
        if (page_fd >= 0)
            close(page_fd);
        free(pr);
        return false;
    }
    pr->fd = fds[0];
    buf_init(&pr->in, FRAME_MAX + READ_BYTES + FRAME_HEADER);
    buf_init(&pr->out, OUT_MAX);
    pr->child.data = pr->poll.data = pr;
    int status = spawn_child(pr, fds[1], page_fd);
    close(fds[1]);
    close(page_fd);
    uv_poll_init(p->o.loop, &pr->poll, pr->fd);
    pr->handles = 2;
    p->open++;
    if (status != 0) {
        error_set(err, ERROR_IO, "starting a runner process: %s", uv_strerror(status));
        uv_close((uv_handle_t *)&pr->poll, on_handle_closed);
        uv_close((uv_handle_t *)&pr->child, on_handle_closed);
        return false;
    }
    uv_poll_start(&pr->poll, UV_READABLE, on_poll);
    r->now = pr;
    r->ready = false;
    r->born_ms = clock_mono_ms(p->o.clock);
    return true;
}

static int64_t cpu_ms_of(int pid)
{
    clockid_t id;
    struct timespec ts;
    if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &ts) != 0)
        return 0;
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The tick inside the runner ends what can be ended there; this ends the rest: code that never
 * comes back to a hook. */
static void watch_process(struct process *pr, int64_t now_ms)
{
    uint64_t kind = atomic_load(&pr->status_page->kind);
    uint64_t tag = atomic_load(&pr->status_page->tag), slice = atomic_load(&pr->status_page->slice);
    if (kind == STATUS_PAGE_IDLE || tag != pr->seen_tag || slice != pr->seen_slice) {
        pr->seen_tag = tag;
        pr->seen_slice = slice;
        pr->seen_wall_ms = now_ms;
        pr->seen_cpu_ms = kind == STATUS_PAGE_IDLE ? 0 : cpu_ms_of(pr->child.pid);
        return;
    }
    int64_t limit = (int64_t)atomic_load(&pr->status_page->cpu_ms) + POOL_GRACE_MS;
    int64_t used = cpu_ms_of(pr->child.pid) - pr->seen_cpu_ms;
    if (used < limit && now_ms - pr->seen_wall_ms < limit + POOL_STUCK_MS)
        return;
    pr->killed_for_cpu = true;
    kill_process(pr);
}

static void on_watchdog(uv_timer_t *timer)
{
    struct pool *p = timer->data;
    int64_t now = clock_mono_ms(p->o.clock);
    for (unsigned i = 0; i < p->o.count; i++) {
        struct process *pr = p->runners[i].now;
        if (pr && !pr->exited && !pr->killed_for_cpu)
            watch_process(pr, now);
    }
}

static void on_watchdog_closed(uv_handle_t *handle)
{
    release_pool(handle->data);
}

struct pool *pool_new(const struct pool_options *options, struct error *err)
{
    struct pool *p = mem_zero(1, sizeof *p);
    p->o = *options;
    p->open = 1;
    uv_timer_init(p->o.loop, &p->watchdog);
    p->watchdog.data = p;
    uv_timer_start(&p->watchdog, on_watchdog, WATCH_MS, WATCH_MS);
    for (unsigned i = 0; i < p->o.count; i++) {
        p->runners[i].pool = p;
        p->runners[i].index = i;
        if (!start_process(&p->runners[i], err)) {
            pool_close(p, NULL, NULL);
            return NULL;
        }
    }
    return p;
}

unsigned pool_count(const struct pool *p)
{
    return p->o.count;
}

struct buf *pool_out(struct pool *p, unsigned runner)
{
    return &p->runners[runner].now->out;
}

void pool_flush(struct pool *p)
{
    for (unsigned i = 0; i < p->o.count; i++) {
        struct process *pr = p->runners[i].now;
        if (!pr || pr->out.len == 0 || pr->exited || pr->broke)
            continue;
        if (pr->out.full) { /* a frame was cut: nothing behind it can be understood */
            pr->broke = true;
            kill_process(pr);
            continue;
        }
        write_some(pr);
        if (pr->out.len > 0)
            uv_poll_start(&pr->poll, UV_READABLE | UV_WRITABLE, on_poll);
    }
}

bool pool_ready(const struct pool *p)
{
    for (unsigned i = 0; i < p->o.count; i++)
        if (!p->runners[i].ready)
            return false;
    return true;
}

int pool_pid(const struct pool *p, unsigned runner)
{
    return p->runners[runner].now->child.pid;
}

void pool_close(struct pool *p, void (*closed)(void *arg), void *arg)
{
    p->closing = true;
    p->closed = closed;
    p->closed_arg = arg;
    for (unsigned i = 0; i < p->o.count; i++) {
        struct process *pr = p->runners[i].now;
        if (!pr)
            continue;
        p->runners[i].now = NULL;
        uv_poll_stop(&pr->poll);
        uv_process_kill(&pr->child, SIGKILL); /* on_child_exit buries it */
    }
    uv_timer_stop(&p->watchdog);
    uv_close((uv_handle_t *)&p->watchdog, on_watchdog_closed);
}
