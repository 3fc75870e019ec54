/* SPDX-License-Identifier: MIT */
/* keep.h - the memory of one answer: many small copies, freed together. Owner: a read job. Thread:
 * the owner's. */
#pragma once
#include "base/text.h"

struct keep_block;
struct keep {
    struct keep_block *blocks; /* the newest first */
};

void keep_done(struct keep *k); /* a zeroed keep is an empty one */
void *keep_alloc(struct keep *k, size_t bytes);
struct text keep_text(struct keep *k, struct text t); /* absent stays absent; NUL-terminated */
