/* SPDX-License-Identifier: MIT */
/* reload.h - from files to triggers: scans the scripts folder, has what changed compiled in a
 * runner, checks its declaration, and only then puts it in place of the last good version. Owner:
 * engine. Thread: loop. */
#pragma once
#include "engine/engine.h"

/* Looks at all files now; what has changed is loaded. */
void reload_scan(struct engine *e);
/* True when nothing is being loaded. */
bool reload_settled(const struct engine *e);
/* A runner answered LOADED or REFUSED. */
void reload_answer(struct engine *e, unsigned runner, const struct frame *f);
/* A runner died, perhaps of a version that it was loading. What it was loading else is sent again.
 */
void reload_lost(struct engine *e, unsigned runner, const struct pool_end *end);
/* A version from the store, for a run that started on it. The reference is the caller's. */
struct version *reload_kept_version(struct engine *e, struct text kept, struct error *err);
