/* SPDX-License-Identifier: MIT */
/* acceptance.h - what the store needs to accept a run: its event and what it claims. It is made
 * when the call comes and is gone once the run is accepted. Owner: the run. Thread: loop.
 * Limit: the event fits one frame to a runner, with 1 MiB left for the instruction. */
#pragma once
#include "base/buf.h"
#include "base/hash.h"
#include "store/store.h"

struct call;
struct run;

struct acceptance {
    char *project, *trigger, *session, *caller, *idempotency_key, *instruction;
    const char *kind;
    struct buf event;
    bool unique;
    int64_t unique_ms;
    unsigned char fingerprint[SHA256_BYTES], body_hash[SHA256_BYTES];
    struct store_accept row; /* its texts are the ones above */
};

/* NULL: the event does not fit. */
struct acceptance *acceptance_new(const struct call *c, const char *session);
void acceptance_free(struct acceptance *a);
/* Fills the row that the order of the run r carries; it is valid for as long as r->acceptance. */
const struct store_accept *acceptance_row(struct run *r);
