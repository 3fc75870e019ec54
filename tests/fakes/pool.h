/* SPDX-License-Identifier: MIT */
/* pool.h - runners without processes, in place of engine/pool.c: what the host sends is kept, and
 * the test says what the runners answer. A frame that no runner could read ends the test.
 * Owner: the test; one pool at a time. Thread: one. */
#pragma once
#include "base/id.h"
#include "engine/pool.h"

enum { FAKE_POOL_SEATS = 256, FAKE_POOL_LOADS = 64 };

struct fake_frame { /* what the host sent */
    unsigned runner;
    enum frame_type type;
    uint64_t tag;
    struct text payload;
};

struct fake_seat { /* a run that was started on a runner and that neither side has ended */
    uint64_t tag;
    unsigned runner;
    char run[ID_BYTES];
    bool fresh; /* the filter is still to be judged; false: a replay */
};

struct fake_load { /* a version that a runner was told to load and that it has not answered */
    uint64_t tag;
    unsigned runner;
    char path[128]; /* "support/refund.lua" */
};

struct pool {
    struct pool_options o;
    struct buf out[POOL_RUNNERS];
    struct fake_frame *sent;
    size_t sent_count, sent_cap;
    struct fake_seat seats[FAKE_POOL_SEATS];
    size_t seat_count;
    struct fake_load loads[FAKE_POOL_LOADS];
    size_t load_count;
    bool starting; /* set it, and pool_ready() says no */
};

extern struct pool fake_pool;

/* The last frame of this type to this run or version (tag 0: to any) since fake_pool_forget; NULL:
 * none. */
const struct fake_frame *fake_pool_sent(enum frame_type type, uint64_t tag);
size_t fake_pool_count(enum frame_type type, uint64_t tag);
/* Forgets what was sent, not who sits where. */
void fake_pool_forget(void);
/* NULL: the run is on no runner. */
const struct fake_seat *fake_pool_seat(const char *run);

/* A run's runner sends a frame of these fields: 'b' a byte, 'u' a u32 (both int), 't' a text (const
 * char *, NULL: absent). What ends a run frees its seat. False: the host says that this breaks the
 * contract, and the runner is lost. */
bool fake_pool_say(uint64_t tag, enum frame_type type, const char *fields, ...);
/* Any frame, from any runner, with any payload. */
bool fake_pool_say_raw(unsigned runner, enum frame_type type, uint64_t tag, struct text payload);
/* Takes the oldest load that is not answered. False: there is none. */
bool fake_pool_next_load(struct fake_load *l);
/* Answers all loads alike; returns how many there were. */
size_t fake_pool_load_all(const char *manifest);
/* The runner dies, and its runs leave their seats. culprit: a tag, 0: nobody's fault. */
void fake_pool_lose(unsigned runner, enum pool_loss why, uint64_t culprit);
