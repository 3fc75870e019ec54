/* SPDX-License-Identifier: MIT */
/* http_call.h - the insides of http.h: one transfer and its client. Private to host/net.
 * http.c drives curl on the loop, http_setup.c turns a request into a curl handle, http_answer.c
 * takes what comes back. Thread: loop. */
#pragma once
#include "base/buf.h"
#include "base/list.h"
#include "base/timers.h"
#include "net/curl_lib.h"
#include "net/egress.h"
#include "net/http.h"

enum { HTTP_MESSAGE = 512 };

struct http {
    uv_loop_t *loop;
    struct egress *egress;
    struct curl_lib curl;
    CURLM *multi;         /* NULL until the first call */
    uv_timer_t timer;     /* curl's */
    struct timers timers; /* of the calls */
    struct list running;  /* in curl, or failed and to be told of on the next turn */
    struct list waiting;  /* for one of HTTP_AT_ONCE places, the oldest first */
    struct list done;     /* over, to be delivered now */
    size_t places;        /* taken */
    struct list watches;
    int handles; /* uv handles not closed yet */
    bool closing;
    void (*closed)(void *arg);
    void *arg;
};

struct http_call {
    struct list link;
    struct http *http;
    struct timer timer; /* runs from http_start to the end */
    int64_t timeout_ms;
    bool placed; /* in curl */
    CURL *easy;
    struct curl_slist *headers;
    http_fn fn;
    void *arg;
    char *origin; /* with same_host: the first host, else NULL */
    int origin_port;
    bool origin_tls;  /* the first URL is https */
    bool becomes_get; /* a redirect by 303 drops the method */
    bool delivering;

    long hop;     /* redirects followed when the next two were noted */
    bool opened;  /* a socket of this hop */
    bool refused; /* an address of this hop; message says which */

    struct buf head; /* "name\0value\0" … of the answer */
    size_t head_count, head_bytes;
    struct buf body;
    const char *failure;
    char message[HTTP_MESSAGE];
    char detail[CURL_ERROR_SIZE]; /* curl's own words */
};

/* Sets the outcome, unless there is one already. Returns false. */
bool http_fail(struct http_call *call, const char *failure, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Fills call->easy, or fails the call and returns false. */
bool http_setup(struct http_call *call, const struct http_request *request) MUST_CHECK;

/* curl's callbacks, arg: the call. */
size_t http_take_header(char *data, size_t size, size_t count, void *arg);
size_t http_take_body(char *data, size_t size, size_t count, void *arg);
curl_socket_t http_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
int http_before_request(void *arg, char *address, char *local, int port, int local_port);

/* The host of a URL, without brackets, as curl reads it; malloc'ed, "" if there is none. */
char *http_host(const struct http_call *call, const char *url);
/* The port that curl connects to for a URL; -1 if there is none. */
int http_port(const struct http_call *call, const char *url);
/* Judges how the transfer ended. */
void http_conclude(struct http_call *call, CURLcode result);
/* Hands the outcome to call->fn. */
void http_deliver(struct http_call *call);
