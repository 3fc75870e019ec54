/* SPDX-License-Identifier: MIT */
/* audit.h - the statement that notes who did what, for chores that note it with their change.
 * Owner: the chore. Thread: the connection's. */
#pragma once
#include "store/sqlite/keep.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

/* An absent actor stands for no row at all: what audit_copy makes of NULL. */
bool audit_put(struct sqlite *q, const struct store_audit *a, struct error *err) MUST_CHECK;
/* A copy whose texts lie in k. */
struct store_audit audit_copy(struct keep *k, const struct store_audit *a);
/* What the CLI notes about a key: "key.create" or "key.revoke". */
bool audit_put_key(struct sqlite *q, const char *actor, const char *action, const char *id,
                   const char *name, int64_t now_ms, struct error *err) MUST_CHECK;
