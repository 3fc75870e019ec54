/* SPDX-License-Identifier: MIT */
/* schema.h - what the database file holds, and how an older file becomes a current one.
 * PRAGMA application_id says that a file is ours, user_version how many steps it has had.
 * Owner: the connection's. Thread: the connection's. */
#pragma once
#include "store/sqlite/connection.h"

/* Each step is SQL that takes the schema one version further. Never change one that was released;
 * add another. */
extern const char *const schema_steps[];
extern const size_t schema_steps_count;

/* Refuses a file of somebody else and one of a later version than `count`. Changes nothing. */
bool schema_current(struct connection *q, size_t count, struct error *err) MUST_CHECK;
/* Brings the file to version `count`, each step in a transaction of its own. Safe against another
 * process doing the same. Refuses what schema_current refuses. */
bool schema_migrate(struct connection *q, const char *const *steps, size_t count,
                    struct error *err) MUST_CHECK;
