/* SPDX-License-Identifier: MIT */
/* repeat.h - what an Idempotency-Key names already. Thread: the connection's. */
#pragma once
#include "store/sqlite/query.h"
#include "store/store.h"

/* The four columns that a key is found by. */
void repeat_bind(struct query *s, const struct store_accept *in);
/* *outcome: STORE_DONE when the key is new, else STORE_REPEATED or STORE_KEY_REUSED, and `existing`
 * is the run that it names. */
bool repeat_find(struct sqlite *q, const struct store_accept *in, enum store_outcome *outcome,
                 char existing[ID_BYTES], struct error *err) MUST_CHECK;
