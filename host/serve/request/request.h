/* SPDX-License-Identifier: MIT */
/* request.h - one request on its way through a route: what was matched, who asks, and how to say
 * no. Owner: the exchange. Thread: loop. */
#pragma once
#include "domain/proof/signature.h"
#include "domain/verdict.h"
#include "engine/fire.h"
#include "serve/request/app.h"
#include "serve/request/route.h"

struct held;
struct request;

enum { REQUEST_PARAMS = 4, REQUEST_PARAM = 256 };

struct request {
    struct app *app;
    struct exchange *x;
    const struct route *route;
    const struct route
        *near; /* a route of this path but another method: a 405 speaks its dialect */
    struct text params[REQUEST_PARAMS]; /* decoded once */
    char params_text[REQUEST_PARAMS][REQUEST_PARAM];
    struct api_key key;       /* a copy; valid when authenticated. Of a token: what it grants */
    char subject[JWT_CALLER]; /* "jwt:" and whom a token speaks for; empty: it was a key */
    bool authenticated;
    bool page_ok, cors_answered;  /* cors.h: the page that asks may read the answer */
    struct signature_proof proof; /* of a trigger with `verify` */
    struct trigger *trigger;      /* only within head(); looked up again in body() */
    struct ticket *ticket;        /* an outcome is awaited */
    int64_t not_before_ms;        /* signed.c: a 401 is not said earlier, on the monotonic clock */
    struct held *held;            /* auth_delay.c: the answer is decided but not yet said */
    void *state;                  /* the route's own, freed by `drop` */
    void (*drop)(struct request *q);
};

/* A 401 may be said later: see auth_delay.h. Either way the request is over for the route. */
void request_refuse(struct request *q, const struct refusal *r);
void request_say(struct request *q, const struct refusal *r); /* for auth_delay.c: now */
/* The short form. */
void request_no(struct request *q, enum verdict v, const char *detail);
/* The default of request_refuse: RFC 9457 problem+json. */
void refuse_problem(struct request *q, const struct refusal *r);
/* The member "error" of a refusal that is a failed run's: {"code","message","at"}; nothing else. */
void request_put_run_error(struct buf *b, const struct refusal *r);
void request_json(struct request *q, int status, struct text json);
/* Sets X-Run-Id. */
void request_names_run(struct request *q, const char *run);
/* 415 unless the body's media type is absent or JSON; true: go on. */
bool request_media_ok(struct request *q);
/* The body as a JSON object; *tree NULL when there is none. False: refused. Free with
 * cJSON_Delete. */
bool request_object(struct request *q, cJSON **tree);
/* The headers that a script may see, as a JSON object: credentials are left out. */
void request_put_headers(struct buf *out, const void *request);
/* Who asks, for audit, logs and Idempotency-Key: "key_…" or "jwt:SUBJECT"; empty: nobody known. */
const char *request_caller(const struct request *q);
/* What stands behind "Authorization: Bearer"; absent: another scheme or no such header. */
struct text request_bearer(const struct request *q);
/* Accept names `media`, and does so before `other`. */
bool request_prefers(const struct request *q, const char *media, const char *other);
/* A decimal query parameter; false: refused with its name. */
bool request_query_u64(struct request *q, const char *name, uint64_t fallback, uint64_t max,
                       uint64_t *out);
