/* SPDX-License-Identifier: MIT */
/* sessions.h - the statements about what was said in sessions. Thread: the connection's. */
#pragma once
#include "store/sqlite/keep.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

enum { SESSION_BYTES_MAX = 256 << 10 }; /* of texts in one read: the newest that fit */

bool sessions_add(struct sqlite *q, const struct store_turn *turn, struct error *err) MUST_CHECK;
/* Oldest first; rows and texts are copied to `keep`. */
bool sessions_read(struct sqlite *q, struct text project, struct text session, uint32_t limit,
                   struct keep *keep, struct store_message **rows, size_t *count,
                   struct error *err) MUST_CHECK;
