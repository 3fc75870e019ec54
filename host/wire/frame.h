/* SPDX-License-Identifier: MIT */
/* frame.h - the one codec of the border between host and runner, used by both sides.
 *
 * A frame is a 16-byte header and a payload, little endian:
 *   u32 payload bytes | u8 type | u8 zero | u16 zero | u64 tag
 * The tag names a run (a number that the host never reuses while it lives) or, for the version
 * frames, a version. A payload is a fixed sequence of fields (see enum frame_type); a bytes field
 * is u32 length + bytes, where length FRAME_ABSENT means "no value" (different from empty). Frames
 * are written back to back, many a write.
 *
 * Each side treats the other as a stranger: a frame that is too long, of an unknown type, or
 * shorter or longer than its fields is a broken contract (the host kills the runner, the runner
 * exits).
 *
 * Determinism: the frames that a run sends are a function of the frames that it was sent, in order.
 * A runner handles one ANSWER at a time: it runs the script until nothing can move, only then takes
 * the next one, however early that arrived. So START and all recorded answers may be sent back to
 * back; this is replay. Owner: the caller. Thread: the owner's. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <stdint.h>

enum {
    FRAME_HEADER = 16,
    FRAME_MAX = 8 << 20, /* payload bytes; larger is a broken contract */
    /* Bytes of journal that a run may write (limit.journal). The runner counts its part,
     * generously, and ends the run at its line; the host's own count is exact and comes second. */
    FRAME_JOURNAL_MAX = 64 << 20,
};
#define FRAME_ABSENT UINT32_MAX

enum frame_type {
    /* host to runner */
    FRAME_LOAD = 1, /* tag: version. u32 count, then count * (bytes path, bytes source); the first
                       is the trigger's own file ("support/refund.lua"), the others are its modules
                       ("lib/name.lua", "support/lib/name.lua"). A first file "host.lua" returns a
                       plain table (the        host's settings) and cannot be started. A START may
                       follow at once. */
    FRAME_UNLOAD,   /* tag: version. No fields. Runs of it that live go on. */
    FRAME_START,    /* tag: run. See struct frame_start. */
    FRAME_ANSWER,   /* tag: run. i64 at_ms, u32 step, u8 ok, bytes json: the value, or
                       {"code","message"} if not ok. */
    FRAME_DROP,     /* tag: run. No fields. Forget the run; nothing is sent for it any more. */

    /* runner to host */
    FRAME_READY = 64, /* tag 0. No fields. The sandbox is closed, frames may come. */
    FRAME_LOADED,     /* tag: version. bytes manifest JSON (see domain/manifest.h). */
    FRAME_REFUSED,  /* tag: version. bytes text: "support/refund.lua:12: unexpected symbol near '}'"
                     */
    FRAME_ADMITTED, /* tag: run. bytes instruction (absent: none). First frame of every run that is
                       not dropped. */
    FRAME_DROPPED, /* tag: run. bytes reason (absent: none). The filter said no; the run is gone. */
    FRAME_RECORD,  /* tag: run. u8 record type, u32 step (0: none), u32 attempt, bytes name, bytes
                      data JSON. A journal  record the host writes as is: log, step.progress,
                      step.started/completed/failed/retrying of  flow.step groups (kind "step"). */
    FRAME_OP, /* tag: run. u32 step, bytes kind, bytes name, bytes args JSON. Asks for an effect;
                 exactly one ANSWER comes back, unless OP_CANCEL. */
    FRAME_OP_CANCEL, /* tag: run. u32 step. The answer is no longer wanted (flow.race, a step's
                        timeout). */
    FRAME_FINISHED,  /* tag: run. bytes result JSON. The run is gone. */
    FRAME_FAILED,    /* tag: run. bytes code, bytes message, bytes at ("support/refund.lua:12" or
                        absent). The run is gone. */
    FRAME_IDLE,      /* tag: run. u32 answers taken so far, bytes at (where its main task waits, or
                        absent). Nothing can move until an answer comes. Sent behind every answer
                        that leads to that, also when the next is there already. */
};

/* The fields of FRAME_START, in this order. */
struct frame_start {
    uint64_t version; /* a version that was loaded on this runner */
    uint64_t seed;    /* of math.random */
    int64_t at_ms;    /* the run's clock until the first answer */
    uint32_t cpu_ms;  /* between two steps */
    uint32_t memory_bytes;
    uint32_t steps;        /* how many steps a run may take */
    uint32_t output_bytes; /* largest result or op argument */
    uint32_t record_bytes; /* largest log or progress record */
    uint8_t admit; /* 1: judge the filter and render the instruction. 0: replay or already judged:
                      take `instruction` */
    struct text run_id;
    struct text instruction; /* absent: none */
    struct text event;       /* JSON: the script's `event` without instruction, runId and at */
};

struct frame {
    uint8_t type;
    uint64_t tag;
    struct text payload; /* borrowed from the input buffer */
};

/* Writing: frame_begin, then put the fields, then frame_end. One frame at a time a buffer. */
size_t frame_begin(struct buf *out, enum frame_type type,
                   uint64_t tag); /* returns the mark for frame_end */
void frame_end(struct buf *out, size_t mark);
void frame_put_u8(struct buf *out, uint8_t v);
void frame_put_u32(struct buf *out, uint32_t v);
void frame_put_u64(struct buf *out, uint64_t v);
void frame_put_bytes(struct buf *out, struct text t); /* TEXT_NONE writes "absent" */
void frame_put_start(struct buf *out, uint64_t run,
                     const struct frame_start *s); /* a whole START frame */

/* Reading. frame_next looks at in[0..len): 1 = *f filled, *used bytes consumed; 0 = more bytes
 * needed; -1 = broken. */
int frame_next(const char *in, size_t len, struct frame *f, size_t *used);

/* Takes the fields off a payload one after the other; the first mistake sticks. */
struct frame_reader {
    struct text rest;
    bool broken;
};
void frame_read(struct frame_reader *r, const struct frame *f);
uint8_t frame_get_u8(struct frame_reader *r);
uint32_t frame_get_u32(struct frame_reader *r);
uint64_t frame_get_u64(struct frame_reader *r);
struct text frame_get_bytes(struct frame_reader *r); /* TEXT_NONE when absent */
void frame_get_start(struct frame_reader *r, struct frame_start *s);
bool frame_read_ok(const struct frame_reader *r); /* nothing broken and nothing left over */
