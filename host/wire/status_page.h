/* SPDX-License-Identifier: MIT */
/* status_page.h - one page shared by the host and a runner, on which the runner says what it is
 * doing, so that the host knows whom to blame when the runner hangs or dies. The runner inherits it
 * as descriptor STATUS_PAGE_FD (a memfd), maps it, and closes it before the sandbox shuts. The host
 * only reads. Thread: one on each side; fields are atomics. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

enum {
    STATUS_PAGE_SOCKET_FD = 3,
    STATUS_PAGE_FD = 4,
    STATUS_PAGE_BYTES = 4096,
    STATUS_PAGE_AT = 256
};

struct status_page {
    _Atomic uint64_t tag;  /* the run (or version) on the processor; 0: none */
    _Atomic uint64_t kind; /* enum status_page_kind */
    /* Grows each time that a run is put on the processor: the same value twice is no progress. */
    _Atomic uint64_t slice;
    _Atomic uint64_t cpu_ms; /* the CPU limit of what is on the processor */
    /* Last words of a runner that hangs or dies: where the script stands, "support/refund.lua:12",
     * in the slice that at_slice names. Written once, before at_slice. */
    char at[STATUS_PAGE_AT];
    _Atomic uint64_t at_slice;
};

enum status_page_kind { STATUS_PAGE_IDLE, STATUS_PAGE_RUN, STATUS_PAGE_LOAD };
