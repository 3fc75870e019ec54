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
 * Neither side trusts the other: a frame that is too long, of an unknown type, or shorter or longer
 * than its fields is a broken contract (the host kills the runner, the runner exits).
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
    /* From host to runner. */

    /* tag: version. u32 count, then count times: bytes path, bytes source. The first file is the
     * trigger's own ("support/refund.lua"), the others are its modules ("lib/name.lua",
     * "support/lib/name.lua"). A first file "host.lua" returns a plain table (the host's settings)
     * and cannot be started. A START may follow at once. */
    FRAME_LOAD = 1,
    /* tag: version. No fields. Runs of it that are under way go on. */
    FRAME_UNLOAD,
    /* tag: run. See struct frame_start. */
    FRAME_START,
    /* tag: run. i64 at_ms, u32 step, u8 ok, bytes json:
     * the value, or {"code","message"} when it is not ok. */
    FRAME_ANSWER,
    /* tag: run. No fields. The runner forgets the run and sends nothing for it any more. */
    FRAME_DROP,

    /* From runner to host. */

    /* tag 0. No fields. The sandbox is closed, frames may come. */
    FRAME_READY = 64,
    /* tag: version. bytes manifest, JSON (see domain/manifest/manifest.h). */
    FRAME_LOADED,
    /* tag: version. bytes text: "support/refund.lua:12: unexpected symbol near '}'". */
    FRAME_REFUSED,
    /* tag: run. bytes instruction (absent: none).
     * The first frame of every run that its filter lets in. */
    FRAME_ADMITTED,
    /* tag: run. bytes reason (absent: none). The filter said no; the run is gone. */
    FRAME_DROPPED,
    /* tag: run. u8 record type, u32 step (0: none), u32 attempt, bytes name, bytes data, JSON. A
     * journal record that the host writes as it is: log, step.progress, and step.started,
     * completed, failed and retrying of flow.step groups (kind "step"). */
    FRAME_RECORD,
    /* tag: run. u32 step, bytes kind, bytes name, bytes args, JSON. Asks for an effect; exactly one
     * ANSWER comes back, unless an OP_CANCEL follows. */
    FRAME_OP,
    /* tag: run. u32 step. The answer is no longer wanted (flow.race, a step's timeout). */
    FRAME_OP_CANCEL,
    /* tag: run. bytes result, JSON. The run is gone. */
    FRAME_FINISHED,
    /* tag: run. bytes code, bytes message, bytes at ("support/refund.lua:12", or absent).
     * The run is gone. */
    FRAME_FAILED,
    /* tag: run. u32 answers taken so far, bytes at (where its main task waits, or absent). The run
     * can do nothing until an answer comes. Sent behind every answer that leads to that, also when
     * the next answer has arrived already. */
    FRAME_IDLE,
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
    /* 1: the runner judges the filter and renders the instruction. 0: that was done before (it is
     * a replay), and `instruction` is what came of it. */
    uint8_t admit;
    struct text run_id;
    struct text instruction; /* absent: none */
    struct text event;       /* JSON: the script's `event` without instruction, runId and at */
};

struct frame {
    uint8_t type;
    uint64_t tag;
    struct text payload; /* borrowed from the input buffer */
};

/* Writing: frame_begin, then the fields, then frame_end with the mark that frame_begin returned. A
 * buffer takes one frame at a time. */
size_t frame_begin(struct buf *out, enum frame_type type, uint64_t tag);
void frame_end(struct buf *out, size_t mark);
void frame_put_u8(struct buf *out, uint8_t v);
void frame_put_u32(struct buf *out, uint32_t v);
void frame_put_u64(struct buf *out, uint64_t v);
void frame_put_bytes(struct buf *out, struct text t); /* TEXT_NONE writes "absent" */
/* A whole START frame. */
void frame_put_start(struct buf *out, uint64_t run, const struct frame_start *s);

/* Reading. Looks at the first len bytes of `in`. Returns 1 with *f filled and *used set to the
 * bytes that it takes, 0 when more bytes are needed, -1 when the contract is broken. */
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
