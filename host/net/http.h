/* SPDX-License-Identifier: MIT */
/* http.h - outgoing HTTP on curl multi, driven by the loop. Thread: loop. Owner: engine.
 * Egress rule (net/egress.h), checked on the address that is connected to, so also after redirects
 * and DNS tricks: link-local and metadata addresses never; loopback, private, carrier-NAT,
 * unspecified, multicast and reserved ones only when egress.allow lists host, host:port, CIDR, ip
 * or ip:port. Only http and https, no proxy, no cookies. The process must ignore SIGPIPE.
 * Redirects: 303 always, 301 and 302 after a POST, go on as GET; the other methods keep method and
 * body. Authorization and Cookie stay with the host (port, scheme) that they were meant for.
 * Limits: HTTP_ANSWER_MAX body bytes after decompression, HTTP_HEAD_MAX answer header bytes,
 * HTTP_REDIRECTS, HTTP_AT_ONCE transfers (others wait their turn, their timeout running). */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include <uv.h>

struct http;      /* the client */
struct http_call; /* one transfer */

enum {
    HTTP_ANSWER_MAX = 1 << 20,
    HTTP_HEAD_MAX = 64 << 10,
    HTTP_REDIRECTS = 10,
    HTTP_AT_ONCE = 256,
    HTTP_TIMEOUT_MS = 60000, /* when the request states none */
};

struct http_request {
    const char *method; /* "GET" … upper case; not CONNECT or TRACE */
    const char *url;
    /* "Name: value", NULL ends (itself NULL: none). Control characters and the names that frame a
     * message (Content-Length, Transfer-Encoding, …) are refused. */
    const char *const *headers;
    struct text body;   /* absent: none */
    int64_t timeout_ms; /* whole transfer: waiting, all redirects; 0: HTTP_TIMEOUT_MS */
    /* The request carries a secret:
     * a redirect to another host or port, or from https to http, is refused. */
    bool same_host;
};

struct http_answer { /* borrowed during the callback */
    /* NULL: an answer came. Else a code: "timeout", "connect" (or the connection broke), "dns",
     * "tls", "refused" (egress), "too_large", "protocol" (all else, a malformed request too) */
    const char *failure;
    const char *message; /* with failure: a sentence */
    int status;          /* of the last answer, after redirects */
    /* Header names in lower case, in the order received, NULL ends; folded lines are joined. */
    const char *const *names;
    const char *const *values;
    struct text body;
    int64_t retry_after_ms; /* of Retry-After, a number or a date; -1: none */
};
typedef void (*http_fn)(void *arg, const struct http_answer *answer);

/* egress_allow: see egress_new; NULL: none. libcurl is loaded by the first http_start, not here. */
struct http *http_new(uv_loop_t *loop, const cJSON *egress_allow, struct error *err) MUST_CHECK;
/* Never calls fn before it returns; whatever is wrong with the request is an answer too. All is
 * copied. The call is gone once fn has returned. */
struct http_call *http_start(struct http *h, const struct http_request *request, http_fn fn,
                             void *arg);
void http_cancel(struct http_call *call); /* fn is not called; fine within any http_fn */
/* Cancels all; run the loop on until closed (may be NULL) is called. Fine within an http_fn. */
void http_close(struct http *h, void (*closed)(void *arg), void *arg);
/* Exposed for tests: may this numeric address be connected to for this host and port? *why: a
 * clause that says why not. */
bool http_egress_ok(const struct http *h, const char *host, const char *address, int port,
                    const char **why);
