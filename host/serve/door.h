/* SPDX-License-Identifier: MIT */
/* door.h - HTTP/1.1 in and out on libwebsockets, with every cure for its known faults in this one place (serve/door*.c). It opens and
 * accepts its own sockets, frames bodies itself (Content-Length and chunked), answers 100-continue, and hands whole requests to
 * the two callbacks. Owner: cmd/serve. Thread: loop.
 * Limits: see struct door_options; request line and headers 16 KiB (431), one request at a time a connection (pipelined bytes behind a
 * request: it is answered with Connection: close and the rest is dropped). */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "serve/exchange.h"
#include <uv.h>

struct door;

struct door_options {
    uv_loop_t *loop;
    const struct clock *clock;
    const char *host; /* numeric address */
    int port;         /* 0: any free one, see door_port */
    size_t connections, connections_per_address;
    int64_t request_ms; /* from the first byte of a request to its last */
    int64_t idle_ms;    /* keep-alive connections without a request: 60 s */
    void (*head)(void *arg, struct exchange *x);
    void (*body)(void *arg, struct exchange *x);
    void *arg;
};

struct door *door_open(const struct door_options *options, struct error *err) MUST_CHECK; /* err: "cannot listen on 127.0.0.1:8080: address already in use" */
int door_port(const struct door *d);
size_t door_connections(const struct door *d);
void door_drain(struct door *d); /* stops accepting, closes idle connections; exchanges in progress go on, then close */
void door_close(struct door *d, void (*closed)(void *arg), void *arg); /* closes everything */
