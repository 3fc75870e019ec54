/* SPDX-License-Identifier: MIT */
/* inbox.h - the table of what has reached runs from outside and was not yet taken. Thread: the
 * writer's. */
#pragma once
#include "store/sqlite/connection.h"
#include "store/store.h"

/* Puts order->inbox, or says in order->outcome why not. */
bool inbox_rows_put(struct connection *q, struct store_order *order, struct error *err) MUST_CHECK;
/* Deletes the rows of run number `num` up to id `last`. */
bool inbox_rows_take(struct connection *q, int64_t num, int64_t last, struct error *err) MUST_CHECK;
