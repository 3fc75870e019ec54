/* SPDX-License-Identifier: MIT */
/* audit.h - the table of who did what, when, for writes that note it with their change. Thread: the
 * connection's. */
#pragma once
#include "store/keep.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

/* An absent actor stands for no row at all: what audit_copy makes of NULL. */
bool audit_put(struct connection *q, const struct store_audit *a, struct error *err) MUST_CHECK;
/* A copy whose texts lie in k. */
struct store_audit audit_copy(struct keep *k, const struct store_audit *a);
