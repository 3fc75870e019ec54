/* SPDX-License-Identifier: MIT */
/* buf.h - a growing byte buffer that knows its maximum. Owner: the caller. Thread: the owner's.
 * Invariants: data[len] is NUL whenever data is not NULL; len <= max. Appending beyond max appends
 * nothing and sets `full` for good, so that many appends need one check at the end (`!b.full`). */
#pragma once
#include "base/attr.h"
#include "base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;
    size_t len, cap, max;
    bool full;
};

void buf_init(struct buf *b, size_t max); /* max in bytes; nothing is allocated yet */
void buf_done(struct buf *b);             /* frees; the buffer is as if just initialised */
void buf_clear(struct buf *b);            /* len = 0, full = false, keeps the memory */
/* Hands the malloc'ed bytes over; NULL when nothing was ever added. */
char *buf_take(struct buf *b);
/* Room for extra bytes at data + len; false: over max. */
bool buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_text(struct buf *b, struct text t);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_int(struct buf *b, int64_t n); /* decimal */
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_drop_front(struct buf *b, size_t len); /* removes the first len bytes */
struct text buf_view(const struct buf *b);      /* borrowed until the next append */
