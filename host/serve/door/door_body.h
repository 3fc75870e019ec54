/* SPDX-License-Identifier: MIT */
/* door_body.h - where a request's body ends: by Content-Length, by chunks (RFC 9112, 7.1), or at
 * once. A pure state machine over bytes. Owner: an exchange. Thread: any. Limits:
 * BODY_EXTENSION_BYTES of extensions a chunk, BODY_TRAILER_BYTES of trailers, which are dropped.
 * Lines end in CRLF only. */
#pragma once
#include "base/text.h"

enum { BODY_EXTENSION_BYTES = 256, BODY_TRAILER_BYTES = 4096 };

enum body_step {
    STEP_COUNTED, /* left bytes of a body by length */
    STEP_SIZE,    /* hexadecimal digits of a chunk's size */
    STEP_EXTENSION,
    STEP_SIZE_LF,
    STEP_CHUNK, /* left bytes of a chunk */
    STEP_CHUNK_CR,
    STEP_CHUNK_LF,
    STEP_TRAILER_START,
    STEP_TRAILER,
    STEP_TRAILER_LF,
    STEP_END_LF,
    STEP_DONE
};

struct body_framing {
    enum body_step step;
    uint64_t left;
    unsigned digits, line_bytes, trailer_bytes;
};

enum body_state { BODY_MORE, BODY_DATA, BODY_DONE, BODY_BAD };

void body_counted(struct body_framing *b, uint64_t length); /* 0: no body, done at once */
void body_chunked(struct body_framing *b);
/* Takes bytes from the front of *in. BODY_DATA: *payload is the next piece of the body, call again.
 * BODY_MORE: *in is used up. BODY_DONE: what is left in *in lies behind the body. BODY_BAD: the
 * chunks are malformed. */
enum body_state body_next(struct body_framing *b, struct text *in, struct text *payload);
