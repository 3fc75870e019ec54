/* SPDX-License-Identifier: MIT */
/* record.h - one journal record: its bytes in a chunk, and its face as a stream event. Pure.
 *
 * Bytes, little endian: u32 length of what follows | u8 type | u8 flags | i64 at_ms | u32 step |
 * u32 attempt | u64 hash | bytes name | bytes kind | bytes data (bytes: u32 length, then the bytes;
 * UINT32_MAX = absent). The sequence number is not stored:
 * it is the chunk's first plus the index. Thread: any. */
#pragma once
#include "base/buf.h"
#include "wire/record_type.h"
#include <stdbool.h>
#include <stdint.h>

enum record_flag {
    RECORD_INPUT = 1,    /* it was sent to the runner as an ANSWER (replay sends it again) */
    RECORD_OUTPUT = 2,   /* it came from the runner (replay expects it again) */
    RECORD_OP = 4,       /* with OUTPUT: an op, whose effect the host performs */
    RECORD_INTERNAL = 8, /* never shown (reserved) */
};

struct record {
    enum record_type type;
    uint8_t flags;
    int64_t at_ms;
    uint32_t step;    /* 0: not about a step */
    uint32_t attempt; /* from 1 where step is not 0 */
    uint64_t hash;    /* of kind, name and arguments: what replay compares; 0 on inputs */
    struct text name; /* the step's name, absent: none */
    struct text kind; /* "http" "sleep" "step" …, absent: none */
    struct text data; /* JSON, absent: none */
};

void record_write(struct buf *chunk, const struct record *r);
/* Takes one record off the front of *chunk (borrowing from it). False: end of the chunk or damage
 * (then rest is not empty). */
bool record_next(struct text *chunk, struct record *r);

/* The event object of CONTRACTS "The stream":
 * {"v":1,"run":ID,"seq":N,"at":RFC3339,"type":T,"step":{"n","name","kind","attempt"},"data":…} */
void record_render(struct buf *out, const char *run_id, uint64_t seq, const struct record *r);
/* The same as one SSE event: "id: N\ndata: {…}\n\n"; with names, an "event: T" line too. */
void record_render_sse(struct buf *out, const char *run_id, uint64_t seq, const struct record *r,
                       bool names);

bool record_is_final(enum record_type type); /* run.completed, failed, cancelled, timed_out */
