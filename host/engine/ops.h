/* SPDX-License-Identifier: MIT */
/* ops.h - effects: what a script asks the host to do. One file a kind under ops/, one row each in
 * ops/kinds.h. An op starts once the record that asked for it is committed; its answer is a record
 * and an ANSWER frame. Owner: the run. Thread: loop. */
#pragma once
#include "base/json.h"
#include "engine/run.h"

struct op;

struct op_kind {
    const char *name;
    /* Says what is wrong with the arguments, before anything is written. NULL: nothing to check. */
    bool (*check)(const cJSON *args, struct error *err);
    /* Appends what the stream shows of the arguments, as JSON; never a secret. */
    void (*describe)(const struct op *op, struct buf *out);
    /* Ends in exactly one op_done or op_failed, later or at once, unless it is dropped. */
    void (*start)(struct op *op);
    /* Frees `state`; must be harmless before start. */
    void (*drop)(struct op *op);
    /* When it will be done by itself, wall clock ms; 0: unknown; INT64_MAX: never, as its answer
     * comes through the inbox. What only waits for ops that know this can be parked. NULL: 0. */
    int64_t (*due_ms)(const struct op *op);
    const char *waits; /* the word for what a run waits for meanwhile; NULL: it takes no time */
};

struct op {
    struct list link; /* run->ops */
    struct run *run;
    const struct op_kind *kind;
    uint32_t step, attempt;
    char *name;
    cJSON *args;
    int64_t asked_ms;   /* the time of its step.started record */
    uint64_t needs_seq; /* committed before it may start */
    bool started;
    struct timer timer; /* free for the kind's use */
    void *state;        /* the kind's */
};

/* A runner asked for an effect. replayed_ms: when the journal says it asked (0: now, and a record
 * is written). A kind or arguments that are wrong end the run. */
void op_ask(struct run *r, uint32_t step, struct text kind, struct text name, struct text args,
            int64_t replayed_ms);
struct op *op_find(const struct run *r, uint32_t step);
void op_done(struct op *op, struct text json);
void op_failed(struct op *op, const char *code, struct text message);
/* Notes that another attempt follows: step.retrying, then step.started. */
void op_retrying(struct op *op, int64_t delay_ms, const char *code, struct text message);
void op_cancel(struct op *op); /* the script does not want it any more */

void ops_release(struct run *r); /* starts what has become durable */
void ops_drop(struct run *r);    /* all, without a word */
/* Hands the answers over that came while the run was on no runner. */
void ops_late(struct run *r);
/* An answer is there for a run: one that is away returns to a runner. */
void ops_call_back(struct run *r);
/* The earliest time at which one of them is done by itself, when that is known of all of them; else
 * 0. */
int64_t ops_due_ms(const struct run *r);
/* Appends {"for","until"?,"name"?} of the op that the run waits for; nothing when no op takes time.
 * Of several: the first that does not end by itself, else the one that ends first. */
void ops_put_waiting(const struct run *r, struct buf *out);
/* What replay compares: kind, name and arguments. */
uint64_t op_hash(struct text kind, struct text name, struct text data);
