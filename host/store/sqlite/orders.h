/* SPDX-License-Identifier: MIT */
/* orders.h - one order as statements inside the writer's transaction, and the two tables that
 * decide whether a run is accepted: claims of unique triggers and idempotency keys.
 * Owner: the writer. Thread: the writer's. */
#pragma once
#include "store/sqlite/runs.h"

struct orders {
    struct connection *q;
    struct run_updates updates;
};

void orders_init(struct orders *a, struct connection *q); /* borrowed */
void orders_done(struct orders *a);                       /* before the connection is closed */

/* True: o->outcome and o->existing are the answer; of a refused order nothing is left in the
 * transaction. False: a statement failed, and parts of the order may be left; err says why. */
bool orders_apply(struct orders *a, struct store_order *o, struct error *err) MUST_CHECK;
