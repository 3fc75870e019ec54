/* SPDX-License-Identifier: MIT */
#include "domain/verdict.h"

#include "base/attr.h"
#include <assert.h>

struct row {
    int status;
    const char *code, *text;
};

static const struct row rows[] = {
    [VERDICT_COMPLETED] = {200, "completed", "The run is complete."},
    [VERDICT_ACCEPTED] = {202, "accepted", "The run is accepted and goes on."},
    [VERDICT_BAD_REQUEST] = {400, "bad_request", "The request is not valid HTTP."},
    [VERDICT_MALFORMED] = {400, "malformed_json",
                           "The body is not valid JSON: send one JSON value in UTF-8."},
    [VERDICT_INVALID] = {400, "invalid", "A field of the request has a wrong value."},
    [VERDICT_FILTERED] = {400, "filtered", "The trigger's filter does not match this body."},
    [VERDICT_DUPLICATE] = {400, "duplicate",
                           "The same body came before and this trigger takes each body once."},
    [VERDICT_UNAUTHORIZED] = {401, "unauthorized",
                              "The credential is missing, wrong or does not allow this."},
    [VERDICT_FORBIDDEN] = {403, "forbidden", "The key lacks the permission or the project."},
    [VERDICT_ADDRESS_DENIED] = {403, "address_denied",
                                "The trigger does not take calls from this address."},
    [VERDICT_NOT_FOUND] = {404, "not_found", "There is nothing at this address."},
    [VERDICT_METHOD] = {405, "method_not_allowed",
                        "The method is not allowed here: see the Allow header."},
    [VERDICT_WAIT_TIMEOUT] = {408, "wait_timeout", "The run did not finish in time; it goes on."},
    [VERDICT_REQUEST_TIMEOUT] = {408, "request_timeout", "The request did not arrive in time."},
    [VERDICT_CONFLICT] = {409, "conflict", "The run's state does not allow this."},
    [VERDICT_TOO_LARGE] = {413, "body_too_large", "The body is larger than the limit."},
    [VERDICT_URI_TOO_LONG] = {414, "uri_too_long", "The address is longer than the limit."},
    [VERDICT_MEDIA_TYPE] = {415, "unsupported_media_type",
                            "The body must be JSON: send Content-Type: application/json."},
    [VERDICT_KEY_REUSED] = {422, "idempotency_key_reused",
                            "The Idempotency-Key was used before with another body."},
    [VERDICT_RATE] = {429, "rate_limited", "Too many requests: try again after Retry-After."},
    [VERDICT_HEADERS_TOO_LARGE] = {431, "headers_too_large",
                                   "The headers are larger than the limit."},
    [VERDICT_RUN_FAILED] = {500, "run_failed", "The run failed."},
    [VERDICT_CANCELLED] = {500, "run_cancelled", "The run was cancelled."},
    [VERDICT_INTERNAL] = {500, "internal", "The host made a mistake."},
    [VERDICT_OVERLOADED] = {503, "overloaded",
                            "The host has too much to do: try again after Retry-After."},
    [VERDICT_STORE] = {503, "store_unavailable",
                       "The host cannot write to its store: try again after Retry-After."},
    [VERDICT_DRAINING] = {503, "draining",
                          "The host is shutting down: try again after Retry-After."},
    [VERDICT_VERSION] = {505, "http_version", "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
};
static_assert(ARRAY_LEN(rows) == VERDICTS, "a verdict has no row");

static const struct row *row_of(enum verdict v)
{
    assert((unsigned)v < VERDICTS);
    return &rows[v];
}

int verdict_status(enum verdict v)
{
    return row_of(v)->status;
}

const char *verdict_code(enum verdict v)
{
    return row_of(v)->code;
}

const char *verdict_text(enum verdict v)
{
    return row_of(v)->text;
}
