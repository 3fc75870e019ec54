/* SPDX-License-Identifier: MIT */
/* fire.h - a call becomes a run. What a dialect understood of a request goes in, an outcome comes
 * out, once. Owner: serve's exchange holds the ticket until the outcome, or until its client has
 * gone. Thread: loop. */
#pragma once
#include "base/json.h"
#include "domain/verdict.h"
#include "engine/engine.h"

struct call { /* borrowed during engine_fire */
    struct trigger *trigger;
    const char *kind;                            /* "api" … */
    struct text body;                            /* as received; absent: none */
    const cJSON *tree;                           /* the same, parsed; NULL: none */
    struct text session;                         /* absent: a fresh one */
    struct text environment, language, timezone; /* absent: none */
    struct text instruction;                     /* absent: none; the caller's, before templates */
    const cJSON *instruction_object, *customer, *context;   /* NULL: none */
    void (*put_headers)(struct buf *out, const void *from); /* writes a JSON object; NULL: {} */
    const void *headers_from;
    struct text idempotency_key, caller; /* absent: none */
    int64_t wait_ms;                     /* 0: answer as soon as it is accepted */
    bool inputs;   /* body and tree are the inputs: the trigger's defaults are in them already */
    bool delivery; /* idempotency_key is a sender's delivery id: its repeats may differ in body */
    bool unsent;   /* the request had no body, whatever `body` holds: it claims nothing */
};

struct outcome {         /* borrowed during the callback */
    struct refusal why;  /* how it went, not only badly; its run is NULL where there is none */
    const char *session; /* NULL: none */
    const char *status;  /* of the run: "completed" … ; NULL: no run */
    struct text result;  /* JSON, with VERDICT_COMPLETED */
};

typedef void (*outcome_fn)(void *arg, const struct outcome *o);

struct ticket;

/* Calls fn exactly once, perhaps before it returns (then the ticket returned is NULL). */
struct ticket *engine_fire(struct engine *e, const struct call *call, outcome_fn fn, void *arg);
