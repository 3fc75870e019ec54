/* SPDX-License-Identifier: MIT */
/* stream.h - follows one run's committed records out to one reader. A stream is {run, next sequence
 * number}: it writes what the hub announces when it is level with it, and reads from the store
 * whenever it is not. Nothing is queued for a slow reader. Owner: the exchange. Thread: loop.
 * Limits: STREAM_PAGE read at once; a reader without progress for the setting stream.stall is
 * closed. */
#pragma once
#include "serve/request/request.h"

enum { STREAM_PAGE = 256 << 10 };

enum stream_form {
    STREAM_SSE,       /* text/event-stream; follows until the run has ended */
    STREAM_SSE_NAMES, /* the same with `event:` lines */
    STREAM_JSON,      /* a JSON array of what is there now */
};

/* from: the first sequence number wanted. The run exists and the asker may read it. */
void stream_open(struct request *q, const char *run, uint64_t from, enum stream_form form);
/* No stream now, come back soon: an answer that is not 200 would end an EventSource for good.
 * False: this request is not for one. */
bool stream_later(struct request *q);
/* Ends all of an app's streams: their readers come back by themselves. */
void streams_end(struct app *app);
