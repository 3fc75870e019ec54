/* SPDX-License-Identifier: MIT */
/* ask.h - one agent.ask under way, between its op and the model that answers it. A model hands text
 * over in pieces, as they come; what readers of the stream see are text.delta records
 * {"part","text"}: pieces are joined until there are ASK_DELTA_BYTES of them or ASK_DELTA_MS are
 * over. Deltas are for readers only: a replay does not repeat them, the step.completed record has
 * the whole text. After a crash in the middle the question is asked again, and its deltas begin
 * anew with part 1: what a reader has of the text so far is void then.
 * Owner: the op. Thread: loop. Limit: ASK_TEXT_MAX bytes of answer, ASK_HISTORY messages. */
#pragma once
#include "engine/ops.h"

enum { ASK_DELTA_MS = 25, ASK_DELTA_BYTES = 256, ASK_TEXT_MAX = 2 << 20, ASK_HISTORY = 200 };

struct ask;

struct model {
    const char *name;
    /* Hands over pieces from now on, then ends in exactly one ask_end or ask_fail, unless
     * dropped. */
    void (*start)(struct ask *a);
    void (*drop)(struct ask *a); /* frees `state`; harmless before start */
};

extern const struct model model_rehearsal;

struct ask {
    struct op *op; /* NULL: it was dropped, only the store still has to call back */
    const struct model *model;
    cJSON *history;     /* [{"role","text"}], oldest first; NULL: it belongs to no session */
    char *session;      /* NULL: none */
    bool storing;       /* the store will call back */
    struct buf text;    /* all that was handed over */
    size_t told;        /* bytes of it that are in records */
    uint32_t parts;     /* records so far */
    struct timer flush; /* the next record */
    struct timer timer; /* free for the model's use */
    const char *finish;
    void *state; /* the model's */
};

/* False: nobody listens any more, and the ask may be gone. */
bool ask_piece(struct ask *a, struct text piece) MUST_CHECK;
void ask_end(struct ask *a, const char *why); /* "stop", "length"; constant */
void ask_fail(struct ask *a, const char *code, struct text message);
