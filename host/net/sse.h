/* SPDX-License-Identifier: MIT */
/* sse.h - reads server-sent events out of bytes that come in any pieces.
 * WHATWG HTML, 9.2.6 "Interpreting an event stream"; lines end in LF, CR LF or CR.
 * Owner: the caller. Thread: the owner's. Limit: an event of SSE_EVENT_MAX bytes. */
#pragma once
#include "base/buf.h"

enum { SSE_EVENT_MAX = 16 << 20 };

struct sse_event {    /* borrowed during the callback */
    struct text data; /* data lines joined by LF; may be empty, never absent */
    struct text name; /* of the `event:` line; absent: none */
    struct text id;   /* the last id seen, on this or an earlier event; absent: none yet */
};
/* False: stop; sse_feed returns false too. */
typedef bool (*sse_fn)(void *arg, const struct sse_event *event);

struct sse {
    struct buf line, data, name, id;
    bool has_data, has_name, has_id;
    bool after_cr, started;
    int64_t retry_ms; /* of the last `retry:` line; -1: none came */
};

void sse_init(struct sse *s);
void sse_done(struct sse *s);
/* A new connection: forgets all but retry_ms. Whoever resumes keeps the id of the last whole event
 * (that of a half-read one would skip it). */
void sse_restart(struct sse *s);
/* Calls fn for each event that is whole. False: fn said so, or an event is too large
 * (s->data.full or s->line.full). */
bool sse_feed(struct sse *s, struct text bytes, sse_fn fn, void *arg) MUST_CHECK;
