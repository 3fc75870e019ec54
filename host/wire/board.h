/* SPDX-License-Identifier: MIT */
/* board.h - one page shared by the host and a runner, on which the runner says what it is doing, so
 * that the host knows whom to blame when the runner hangs or dies. The runner inherits it as
 * descriptor BOARD_FD (a memfd), maps it, and closes it before the sandbox shuts. The host only
 * reads. Thread: one on each side; fields are atomics. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

enum { BOARD_SOCKET_FD = 3, BOARD_FD = 4, BOARD_BYTES = 4096, BOARD_AT = 256 };

struct board {
    _Atomic uint64_t tag;  /* the run (or version) on the processor; 0: none */
    _Atomic uint64_t kind; /* enum board_kind */
    _Atomic uint64_t
        slice; /* grows each time that a run is put on the processor: same value = no progress */
    _Atomic uint64_t cpu_ms; /* the CPU limit of what is on the processor */
    /* Last words of a runner that hangs or dies: where the script stands, "support/refund.lua:12",
     * in the slice that at_slice names. Written once, before at_slice. */
    char at[BOARD_AT];
    _Atomic uint64_t at_slice;
};

enum board_kind { BOARD_IDLE, BOARD_RUN, BOARD_LOAD };
