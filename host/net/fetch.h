/* SPDX-License-Identifier: MIT */
/* fetch.h - one HTTP exchange, blocking: for the command line. Redirects are not followed (the
 * request carries a key). A proxy of the environment is used, but never for this machine itself.
 * Thread: any, and it waits. Limits: FETCH_ANSWER_MAX bytes of an answer that is not streamed;
 * FETCH_CONNECT_MS; a stream without a byte for FETCH_SILENT_S seconds is taken for dead (the host
 * sends a heartbeat every 15 s). */
#pragma once
#include "base/buf.h"
#include "base/error.h"

enum {
    FETCH_ANSWER_MAX = 256 << 20,
    FETCH_CONNECT_MS = 10000,
    FETCH_SILENT_S = 60,
};

struct fetch {
    const char *method;         /* "GET" … */
    const char *url;            /* http or https */
    const char *ca_file;        /* the only certificates, PEM, that may vouch; NULL: the system's */
    const char *const *headers; /* "Name: value", NULL ends; NULL: none */
    struct text body;           /* absent: none */
    int64_t timeout_ms;         /* of the whole exchange; 0: no limit */
    /* Gets the body of a 200 answer in pieces, as it comes, instead of answer->body. False: hang
     * up, which is no failure. NULL: the whole body is kept. */
    bool (*on_data)(void *arg, struct text piece);
    void *arg;
};

struct fetch_answer {
    int status;
    struct buf body;
    int64_t retry_after_s; /* of Retry-After in seconds; -1: none */
    bool broken;           /* with fetch() false: the head had come and the rest did not */
};

/* True: an answer came, whatever its status. False: err says what to do; ERROR_IO when trying again
 * may help. fetch_answer_done in both cases. */
bool fetch(const struct fetch *f, struct fetch_answer *answer, struct error *err) MUST_CHECK;
void fetch_answer_done(struct fetch_answer *answer);
