/* SPDX-License-Identifier: MIT */
/* pending.h - a request that waits for the store. The client may go meanwhile: then the answer
 * finds `q` NULL. Owner: the request, and the store's callback; the later of the two frees it.
 * Thread: loop. */
#pragma once
#include "serve/request/request.h"

struct pending {
    struct request *q; /* NULL: the client has gone */
};

/* Makes one and hangs it on the request. */
struct pending *pending_new(struct request *q);
/* In the callback: the request, or NULL; the pending is gone after. */
struct request *pending_end(struct pending *p);
/* The same where the store was asked: NULL also when err was answered. */
struct request *pending_read(struct pending *p, const struct error *err);
