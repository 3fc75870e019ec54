/* SPDX-License-Identifier: MIT */
/* keys.h - the statements about API keys, for the host's threads and for the CLI alike. Thread: the
 * connection's. */
#pragma once
#include "domain/proof/api_key.h"
#include "store/sqlite/sqlite.h"

bool keys_put(struct sqlite *q, const struct api_key *key, struct error *err) MUST_CHECK;
/* ERROR_MISSING when there is no such key. */
bool keys_revoke(struct sqlite *q, const char *id, int64_t now_ms, struct error *err) MUST_CHECK;
/* Only ever forward; an unknown key is none's business. */
bool keys_used(struct sqlite *q, const char *id, int64_t used_ms, struct error *err) MUST_CHECK;
/* Oldest first. *keys is malloc'ed, NULL on failure. */
bool keys_list(struct sqlite *q, struct api_key **keys, size_t *count,
               struct error *err) MUST_CHECK;
/* Tells a running host that the keys have changed: call it after the commit. */
bool keys_stamp(const struct sqlite *q, struct error *err) MUST_CHECK;
