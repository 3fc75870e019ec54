/* SPDX-License-Identifier: MIT */
/* serve.h - takes each request of the door to its route: route, CORS, credential, address, rate,
 * then the route's own handlers. Owner: cmd/serve. Thread: loop. */
#pragma once
#include "serve/door/exchange.h"

struct app;

/* The door's callbacks; arg is the app. */
void serve_head(void *arg, struct exchange *x);
void serve_body(void *arg, struct exchange *x);
/* Takes no new work and closes the event streams, so that their readers come back to the next
 * host. */
void serve_drain(struct app *app);
