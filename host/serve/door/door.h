/* SPDX-License-Identifier: MIT */
/* door.h - HTTP/1.1 in and out on libwebsockets, with every cure for its known faults in this one
 * place (serve/door*.c). It opens and accepts its own sockets, frames bodies itself (Content-Length
 * and chunked), answers 100-continue, and hands whole requests to the two callbacks. Owner:
 * cmd/serve. Thread: loop. Limits: see struct door_options; request line and headers 16 KiB (431),
 * one request at a time a connection (pipelined bytes behind a request: it is answered with
 * Connection: close and the rest is dropped, never run). HTTP/1.0 and chunked requests are answered
 * with Connection: close. */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "domain/address/cidr.h"
#include "serve/door/exchange.h"
#include <uv.h>

struct certificate;
struct door;

struct door_options {
    uv_loop_t *loop;
    const struct clock *clock;
    const char *host; /* numeric address; "::" takes IPv4 too */
    int port;         /* 0: any free one, see door_port */
    /* 0: no limit. The next 64 (8 of an address) get a 503, those beyond are closed at once. An
     * IPv6 /64 is one address. With TLS all beyond are closed: a 503 would cost a handshake. */
    size_t connections, connections_per_address;
    int64_t request_ms;          /* from the first byte of a request to its last */
    int64_t idle_ms;             /* keep-alive connections without a request: 60 s */
    const char *socket_protocol; /* of WebSocket; NULL: no upgrade is granted */
    /* Who may connect, each connection beginning with a PROXY header (version 2) that names the
     * client; any other is closed. NULL: everybody, without one. */
    const struct cidr_list *proxies;
    /* HTTPS by it, from the first byte (behind the PROXY header) on; the handshake must be over
     * within request_ms of the connection. It must outlive the door. NULL: plain HTTP. */
    const struct certificate *certificate;
    void (*head)(void *arg, struct exchange *x);
    void (*body)(void *arg, struct exchange *x);
    void *arg;
};

/* err: "cannot listen on 127.0.0.1:8080: address already in use". After a failure the loop has
 * handles to close: run it once more. */
struct door *door_open(const struct door_options *options, struct error *err) MUST_CHECK;
int door_port(const struct door *d);
size_t door_connections(const struct door *d);
/* Stops accepting and closes idle connections. Exchanges in progress go on, then close. */
void door_drain(struct door *d);
/* Closes everything; the loop must be run until closed() is called. */
void door_close(struct door *d, void (*closed)(void *arg), void *arg);
