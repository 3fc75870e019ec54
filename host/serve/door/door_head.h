/* SPDX-License-Identifier: MIT */
/* door_head.h - the head of an HTTP/1.x request: request line and header fields (RFC 9112, strict).
 * A pure function over bytes: no sockets, no clock. Owner: an exchange. Thread: any.
 * libwebsockets 4.1 has a parser of its own, which cannot be used for what exchange.h promises: it
 * decodes and normalises the path, hides repeated headers, cannot list unknown ones, takes bare LF
 * and folded lines, and answers 403 in HTML or nothing at all where a 400, 414 or 431 is due.
 * Limits: HEAD_BYTES, HEAD_FIELDS (431), HEAD_TARGET_BYTES (414). */
#pragma once
#include "serve/door/exchange.h"

enum { HEAD_BYTES = 16384, HEAD_TARGET_BYTES = 8192, HEAD_FIELDS = 100 };

/* Offsets into the bytes given to head_parse, which may move between calls. */
struct head_span {
    uint16_t at, len;
};

struct head_field {
    struct head_span name, value; /* the name is folded to lower case in place */
};

struct head {
    enum http_method method;
    bool has_query, http_1_0;
    bool close;           /* Connection: close, or HTTP/1.0 */
    bool chunked;         /* Transfer-Encoding: chunked */
    bool has_length;      /* Content-Length; both never */
    bool expect_continue; /* Expect: 100-continue */
    bool websocket;       /* GET with Upgrade: websocket and Connection: upgrade */
    uint64_t length;
    struct head_span method_name, path, query;
    struct head_field fields[HEAD_FIELDS];
    uint16_t count;
    /* progress */
    bool has_line, has_host, has_coding, upgrade_socket, upgrade_token;
    size_t line_at, scanned;
    const char *problem; /* what HEAD_BAD found, a sentence */
    int verdict;         /* enum verdict of it */
};

enum head_state { HEAD_MORE, HEAD_DONE, HEAD_BAD };

const char *http_method_name(enum http_method method); /* "GET"; "" for METHOD_OTHER */

void head_init(struct head *h);
/* data: all bytes since the start of the request; called again when more came. After HEAD_DONE the
 * head ends at h->scanned. Bytes of names are changed to lower case. */
enum head_state head_parse(struct head *h, char *data, size_t len);
