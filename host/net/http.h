/* SPDX-License-Identifier: MIT */
/* http.h - outgoing HTTP on curl multi, driven by the loop. Thread: loop. Owner: engine.
 * Egress rule, checked on the address that is connected to (so also after redirects and DNS tricks): link-local and metadata
 * addresses never (169.254.0.0/16, fe80::/10, fd00:ec2::254 …); loopback, private, CGNAT, unspecified, multicast and
 * v4-mapped forms of all of these only when egress.allow lists host, host:port, CIDR or ip:port. Only http and https.
 * Limits: HTTP_ANSWER_MAX body bytes, 64 KiB answer headers, 10 redirects, HTTP_AT_ONCE transfers (others wait their turn). */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include <uv.h>

struct http;      /* the client */
struct http_call; /* one transfer */

enum { HTTP_ANSWER_MAX = 1 << 20, HTTP_AT_ONCE = 256 };

struct http_request {
    const char *method; /* "GET" … upper case */
    const char *url;
    const char *const *headers; /* "Name: value", NULL ends; checked for CR/LF by the caller's parse and again here */
    struct text body;           /* absent: none */
    int64_t timeout_ms;         /* whole transfer, all redirects */
};

struct http_answer {          /* borrowed during the callback */
    const char *failure;      /* NULL: an answer came. Else a code: "timeout" "connect" "dns" "tls" "refused" (egress) "too_large" "protocol" */
    const char *message;      /* with failure: a sentence */
    int status;
    const char *const *names; /* header names in lower case, in order received, NULL ends */
    const char *const *values;
    struct text body;
    int64_t retry_after_ms; /* -1: none */
};
typedef void (*http_fn)(void *arg, const struct http_answer *answer);

struct http *http_new(uv_loop_t *loop, const cJSON *egress_allow, struct error *err) MUST_CHECK;
/* Never calls fn before it returns. All is copied. */
struct http_call *http_start(struct http *h, const struct http_request *request, http_fn fn, void *arg);
void http_cancel(struct http_call *call); /* fn is not called */
void http_close(struct http *h, void (*closed)(void *arg), void *arg); /* cancels all; run the loop on until closed is called */
/* Exposed for tests: may this numeric address be connected to for this host and port? */
bool http_egress_ok(const struct http *h, const char *host, const char *address, int port, const char **why);
