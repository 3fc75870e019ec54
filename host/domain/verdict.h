/* SPDX-License-Identifier: MIT */
/* verdict.h - how a request can end, in one table: HTTP status, stable code, sentence. Dialects may
 * map a verdict to another status, codes never change meaning. Thread: any. */
#pragma once
#include <stdint.h>

enum verdict {
    VERDICT_COMPLETED,         /* 200 */
    VERDICT_ACCEPTED,          /* 202 */
    VERDICT_BAD_REQUEST,       /* 400 bad_request: the HTTP itself is malformed */
    VERDICT_MALFORMED,         /* 400 malformed_json */
    VERDICT_INVALID,           /* 400 invalid: a field is wrong; `field` names it */
    VERDICT_FILTERED,          /* 400 filtered */
    VERDICT_DUPLICATE,         /* 400 duplicate; runId names the first run */
    VERDICT_UNAUTHORIZED,      /* 401 unauthorized */
    VERDICT_FORBIDDEN,         /* 403 forbidden */
    VERDICT_ADDRESS_DENIED,    /* 403 address_denied */
    VERDICT_NOT_FOUND,         /* 404 not_found */
    VERDICT_METHOD,            /* 405 method_not_allowed */
    VERDICT_WAIT_TIMEOUT,      /* 408 wait_timeout; the run goes on */
    VERDICT_REQUEST_TIMEOUT,   /* 408 request_timeout: the request did not arrive in time */
    VERDICT_CONFLICT,          /* 409 conflict: the run's state does not allow it */
    VERDICT_TOO_LARGE,         /* 413 body_too_large */
    VERDICT_URI_TOO_LONG,      /* 414 uri_too_long */
    VERDICT_MEDIA_TYPE,        /* 415 unsupported_media_type */
    VERDICT_KEY_REUSED,        /* 422 idempotency_key_reused: same Idempotency-Key, other body */
    VERDICT_RATE,              /* 429 rate_limited */
    VERDICT_HEADERS_TOO_LARGE, /* 431 headers_too_large */
    VERDICT_RUN_FAILED,        /* 500 run_failed */
    VERDICT_CANCELLED,         /* 500 run_cancelled: a waited-for run was cancelled */
    VERDICT_INTERNAL,          /* 500 internal */
    VERDICT_OVERLOADED,        /* 503 overloaded */
    VERDICT_STORE,             /* 503 store_unavailable */
    VERDICT_DRAINING,          /* 503 draining */
    VERDICT_VERSION,           /* 505 http_version */
    VERDICTS
};

/* A verdict and what there is to say about it. Its texts are borrowed. */
struct refusal {
    enum verdict verdict;
    const char *detail; /* a sentence; NULL: the verdict's own */
    const char *field;  /* JSON pointer, header or parameter; NULL */
    const char *run;    /* the run's id; for VERDICT_DUPLICATE that of the first run; NULL: none */
    const char *at;     /* script:line of a failed run; NULL */
    const char *code;   /* the failed run's own code; NULL */
    int64_t retry_s;    /* Retry-After of a 429 or 503; 0: one second */
};

int verdict_status(enum verdict v);
const char *verdict_code(enum verdict v);
/* A default sentence, with what would be right where that is known. */
const char *verdict_text(enum verdict v);
