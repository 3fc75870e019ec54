/* SPDX-License-Identifier: MIT */
/* http.h - outgoing HTTP without a network, in place of net/http.c: calls are kept, and the test
 * says how each ends. Owner: the test; one client at a time. Thread: one. */
#pragma once
#include "net/http.h"

enum { FAKE_HTTP_CALLS = 256, FAKE_HTTP_HEADERS = 32 };

struct http_call { /* one that has not ended */
    char *method, *url;
    char *headers[FAKE_HTTP_HEADERS + 1]; /* "Name: value", NULL ends */
    char *body;                           /* NULL: none */
    int64_t timeout_ms;
    bool same_host;
    http_fn fn;
    void *arg;
};

struct http {
    struct http_call *calls[FAKE_HTTP_CALLS]; /* the oldest first */
    size_t count;
    size_t started, cancelled; /* in all */
};

extern struct http fake_http;

/* The call's header of this name (case counts); NULL: none. */
const char *fake_http_header(const struct http_call *call, const char *name);
/* The n-th open call ends so. */
void fake_http_answer(size_t n, const struct http_answer *answer);
/* … with an answer of this status; body: JSON, NULL: none. */
void fake_http_reply(size_t n, int status, const char *body);
/* … with a failure: "timeout", "connect" … (net/http.h). */
void fake_http_fail(size_t n, const char *failure);
