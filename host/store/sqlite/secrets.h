/* SPDX-License-Identifier: MIT */
/* secrets.h - the statements about secrets, for the host's threads and for the CLI alike. Values
 * are sealed before they come here. Thread: the connection's. */
#pragma once
#include "store/sqlite/sqlite.h"
#include "store/store.h"

bool secrets_put(struct sqlite *q, const struct store_secret *secret, struct error *err) MUST_CHECK;
/* ERROR_MISSING when there is no such secret. */
bool secrets_remove(struct sqlite *q, const char *name, struct error *err) MUST_CHECK;
/* By name. Free with store_secrets_free; NULL on failure. */
bool secrets_list(struct sqlite *q, struct store_secret **secrets, size_t *count,
                  struct error *err) MUST_CHECK;
