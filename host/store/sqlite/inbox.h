/* SPDX-License-Identifier: MIT */
/* inbox.h - what has reached runs from outside and was not yet taken. Owner: the writer. Thread:
 * the connection's. */
#pragma once
#include "store/sqlite/sqlite.h"
#include "store/store.h"

/* Puts o->inbox, or says in o->outcome why not. */
bool inbox_apply(struct sqlite *q, struct store_order *o, struct error *err) MUST_CHECK;
/* Deletes the rows of run number `num` up to id `last`. */
bool inbox_take(struct sqlite *q, int64_t num, int64_t last, struct error *err) MUST_CHECK;
