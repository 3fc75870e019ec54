/* SPDX-License-Identifier: MIT */
/* exchange.h - one request and its answer, as the routes see it. No libwebsockets type shows here.
 * Owner: the door. A route that answers later must call exchange_own: its x is good until gone()
 * returns. Without it x is good until the route has answered, also when the client has hung up
 * meanwhile. Thread: loop. Order: the door calls head() when the headers are in (route, method,
 * credential, size limit), then body() when the whole body is in, unless the request has been
 * answered by then. Either may answer at once or later. Limits: head 16 KiB and 100 lines (431),
 * target 8 KiB (414), body exchange_body_max (413), answer or backlog 64 MiB. */
#pragma once
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

struct exchange;

enum http_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER
};

enum http_method exchange_method(const struct exchange *x);
struct text exchange_method_name(const struct exchange *x); /* as sent, "PROPFIND" */
/* As sent, still percent-encoded, without the query. */
struct text exchange_path(const struct exchange *x);
struct text exchange_query(const struct exchange *x); /* absent: none */
/* The value of a header by its lower-case name; absent: none. Several lines of one name are joined
 * by a comma and a blank. */
struct text exchange_header(const struct exchange *x, const char *name);
/* Calls fn once for each name (in lower case), in the order sent, with the value that
 * exchange_header gives. */
void exchange_headers(const struct exchange *x,
                      void (*fn)(void *arg, struct text name, struct text value), void *arg);
/* The whole body; absent before that, and when none was sent (Content-Length: 0 is none). */
struct text exchange_body(const struct exchange *x);
const char *exchange_peer(const struct exchange *x); /* numeric address, v4-mapped shown as v4 */
/* Sent as X-Request-Id on every answer: the client's own, if it is 1 to 128 of [A-Za-z0-9._-], else
 * "req_…". */
const char *exchange_request_id(const struct exchange *x);

/* In head(): the largest body accepted; default 1 MiB. Beyond: 413 by the door, in the dialect of
 * `refuse` (below). */
void exchange_body_max(struct exchange *x, size_t bytes);
/* In head(): how the door's own refusals (408, 413, 400 framing) are rendered; default:
 * problem+json. What is refused before head() is called (malformed, 414, 431) is problem+json
 * always. */
void exchange_on_refuse(struct exchange *x,
                        void (*refuse)(struct exchange *x, int verdict, const char *detail));

/* The route's own data, for the time of the exchange. gone is called exactly once: after the answer
 * is all written, or when the client hung up before. It is never called from within a function of
 * this header that is given x. */
void exchange_own(struct exchange *x, void *data, void (*gone)(struct exchange *x, void *data));
void *exchange_data(const struct exchange *x);

/* Answering. Headers first; then exactly one of exchange_answer and exchange_stream. The body is
 * copied. Cache-Control: no-store (unless set here), Date and X-Request-Id are added by the door.
 * Answering what is answered already, by the door's own 408 perhaps, does nothing. */
void exchange_set(struct exchange *x, const char *name, const char *value);
void exchange_answer(struct exchange *x, int status, const char *content_type, struct text body);
bool exchange_answered(const struct exchange *x);
/* The answer is decided and will come later: what is still to come of the body is dropped, body()
 * is not called, and the door refuses nothing any more. */
void exchange_decided(struct exchange *x);

/* An answer without a known length (SSE): Connection: close. `ready` is called when more may be
 * written: first soon after this call, then once all that was written since has left (never from
 * within exchange_write). */
void exchange_stream(struct exchange *x, int status, const char *content_type,
                     void (*ready)(struct exchange *x, void *data));
/* Hands bytes over (copied if they cannot go at once). False: the reader is behind: stop until
 * ready() is called. */
bool exchange_write(struct exchange *x, struct text bytes);
void exchange_end(struct exchange *x);   /* closes once all is written */
void exchange_abort(struct exchange *x); /* closes now */
/* How long bytes have been waiting without any progress; 0: none wait. */
int64_t exchange_stalled_ms(const struct exchange *x);

/* WebSocket (RFC 6455), spoken by libwebsockets: no extensions, text messages only (binary: 1003,
 * not UTF-8: 1007), a message of at most exchange_body_max bytes (1009). Pings are answered for us.
 * door_drain closes with 1001, once all is written.
 * True: x asks for an upgrade that can be granted, in door_options.socket_protocol. */
bool exchange_wants_socket(const struct exchange *x);
/* In body() or later, instead of exchange_answer: x is an open socket from here to gone(). message
 * is called for each message that comes in, ready as for a stream. exchange_end closes with 1000,
 * once all is written; exchange_abort and exchange_stalled_ms are as for a stream. */
void exchange_socket(struct exchange *x,
                     void (*message)(struct exchange *x, void *data, struct text message),
                     void (*ready)(struct exchange *x, void *data));
/* One text message. False: the reader is behind: stop until ready() is called. */
bool exchange_send(struct exchange *x, struct text message);
