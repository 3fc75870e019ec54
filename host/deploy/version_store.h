/* SPDX-License-Identifier: MIT */
/* version_store.h - keeps what a version is made of (its declaration and its files) in the store,
 * so that a run which started on it can go on after a restart. What the store refuses is kept here
 * and written again when the store works again.
 * Owner: struct reload. Thread: loop. */
#pragma once
#include "base/list.h"
#include "deploy/registry.h"
#include "store/store.h"

struct version_store {
    struct store *store; /* NULL: nothing is kept, as for `moontide check` */
    struct list unkept;  /* what the store does not have yet */
    void (*refused)(void *arg, const struct error *err); /* the store failed to write */
    void *arg;
};

void version_store_init(struct version_store *vs);
void version_store_done(struct version_store *vs);
/* manifest: the declaration, as the runner sent it. Everything is copied. */
void version_store_put(struct version_store *vs, const struct version *v, struct text manifest);
/* The store works again. To be called before runs write to it: it writes in the order of the calls,
 * so each version is there before the runs that need it. */
void version_store_retry(struct version_store *vs);
/* The version of bytes that version_store_put wrote; the reference is the caller's. NULL: the bytes
 * are damaged, or no longer a trigger. */
struct version *version_store_decode(struct registry *r, struct text kept,
                                     struct error *err) MUST_CHECK;
