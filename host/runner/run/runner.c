/* SPDX-License-Identifier: MIT */
#include "runner/run/runner.h"

#include "base/mem.h"
#include "runner/run/loop.h"
#include "runner/vm/last_words.h"
#include "runner/vm/sandbox.h"
#include "runner/vm/tick.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Maps the page that the host gave; NULL: it gave none, or something else. */
static struct status_page *map_status_page(void)
{
    void *page =
        mmap(NULL, STATUS_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, STATUS_PAGE_FD, 0);
    return page == MAP_FAILED ? NULL : page;
}

enum { RUNNER_IDLE_S = 2 }; /* without a frame, before the loop gives memory back */

/* Makes the loop sleep in recv, and wake up now and then to give memory back. The host may have
 * made its own end, and this one with it, non-blocking. */
static bool make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    const struct timeval idle = {.tv_sec = RUNNER_IDLE_S};
    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle) == 0;
}

int runner_main(void)
{
    struct error err;
    /* Ctrl-C goes to every process of the terminal; the host says when a runner ends. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    struct status_page *page = map_status_page();
    struct loop *l = mem_alloc(sizeof *l);
    if (!make_blocking(STATUS_PAGE_SOCKET_FD) || !sandbox_prepare(STATUS_PAGE_SOCKET_FD, &err) ||
        !loop_init(l, STATUS_PAGE_SOCKET_FD, page, &err) || !tick_start(&err) ||
        !last_words_start(page, &err) || !sandbox_shut(STATUS_PAGE_SOCKET_FD, &err))
        _exit(LOOP_NO_SANDBOX);
    enum loop_exit status = loop_run(l);
    _exit((int)status); /* exit handlers would make calls that the sandbox forbids */
}
