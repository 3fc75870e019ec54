/* SPDX-License-Identifier: MIT */
/* webhooks.h - the statements about webhook secrets, for the host's threads and for the CLI alike.
 * Thread: the connection's. */
#pragma once
#include "store/sqlite/sqlite.h"
#include "store/store.h"

/* In a transaction of the caller's: makes room, then puts it in. */
bool webhooks_put(struct sqlite *q, const struct store_webhook *webhook, size_t *revoked,
                  struct error *err) MUST_CHECK;
/* id, or project and trigger, may be NULL: any. ERROR_MISSING when there is none alive. */
bool webhooks_revoke(struct sqlite *q, const char *id, const char *project, const char *trigger,
                     int64_t now_ms, size_t *revoked, struct error *err) MUST_CHECK;
/* *rows is malloc'ed, NULL on failure. */
bool webhooks_list(struct sqlite *q, struct store_webhook **rows, size_t *count,
                   struct error *err) MUST_CHECK;
