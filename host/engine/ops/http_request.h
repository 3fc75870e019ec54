/* SPDX-License-Identifier: MIT */
/* http_request.h - from the arguments of an http op to what is sent: checking, showing, and putting
 * the values of secrets in. Owner: the op. Thread: loop. Limits: HTTP_REQUEST_HEADERS headers; with
 * secrets put in, HTTP_REQUEST_LINE bytes a header or URL and HTTP_REQUEST_BODY a body. */
#pragma once
#include "engine/ops.h"
#include "secrets/secret_text.h"

enum {
    HTTP_REQUEST_HEADERS = 100,
    HTTP_REQUEST_LINE = 256 << 10,
    HTTP_REQUEST_BODY = 8 << 20,
};

/* Of struct op_kind. */
bool http_request_check(const cJSON *args, struct error *err);
void http_request_describe(const struct op *op, struct buf *out);

struct http_outgoing {
    struct http_request request; /* points into what follows */
    struct buf url, body, lines[HTTP_REQUEST_HEADERS + 1];
    const char *headers[HTTP_REQUEST_HEADERS + 2];
    int count;
    struct secret_use use; /* use.sent: the caller may take it */
};

/* False: use.code and err say why it is not sent. To be done with http_outgoing_done either way. */
bool http_outgoing_make(struct http_outgoing *o, const struct op *op, struct error *err) MUST_CHECK;
void http_outgoing_done(struct http_outgoing *o); /* zeroes what held values */
