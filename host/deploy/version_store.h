/* SPDX-License-Identifier: MIT */
/* version_store.h - keeps the declaration and the files of each version in the store, so that a run
 * which started on it can go on after a restart. What the store refuses is kept in memory and
 * written once the store works again.
 * Owner: struct reload. Thread: loop. Limit: KEPT_MAX bytes a version. */
#pragma once
#include "base/list.h"
#include "deploy/registry.h"
#include "store/store.h"

struct version_store {
    struct store *store; /* NULL: nothing is kept, as for `moontide check` */
    struct list unkept;  /* versions that the store does not have yet */
    void (*refused)(void *arg, const struct error *err); /* the store failed to write */
    void *arg;
};

void version_store_init(struct version_store *vs);
void version_store_done(struct version_store *vs);
/* Writes the version to the store. manifest: the declaration, as the runner sent it.
 * Everything is copied. */
void version_store_put(struct version_store *vs, const struct version *v, struct text manifest);
/* Writes what the store has refused. To be called when the store works again, before runs
 * write to it: the store writes in the order of the calls, so each version is there before
 * the runs that need it. */
void version_store_retry(struct version_store *vs);
/* Makes a version of bytes that version_store_put wrote; the caller holds a reference to it. NULL:
 * the bytes are damaged, or this host no longer takes their declaration. */
struct version *version_store_decode(struct registry *r, struct text kept,
                                     struct error *err) MUST_CHECK;
