/* SPDX-License-Identifier: MIT */
/* replay.h - the memory of a run that is rebuilt: what its runner was told, and what it must say
 * again. Pure. Owner: the run. */
#pragma once
#include "base/buf.h"
#include "domain/record.h"

struct replay;

/* Is given all records of a run, in order: its inputs are told again in this order, its outputs are
 * expected again. */
struct replay *replay_new(void);
void replay_free(struct replay *p);
void replay_add(struct replay *p, const struct record *r);

/* The ANSWER frames of all inputs, back to back; returns how many. */
uint32_t replay_answers(const struct replay *p, struct buf *out, uint64_t tag);

struct replay_expect {
    enum record_type type;
    uint32_t step, attempt;
    uint64_t hash;
    int64_t at_ms;
    bool answered;  /* an op whose answer is in the journal */
    char label[96]; /* kind and name, for the error text */
};
/* The output that comes next; NULL: all have come, the run goes on from here. */
const struct replay_expect *replay_next(const struct replay *p);
void replay_advance(struct replay *p);
/* An answer was given while the replay was still on its way to the step: it is not to be asked for
 * again. */
void replay_answered(struct replay *p, uint32_t step);
uint32_t replay_steps(const struct replay *p); /* highest step number seen */
