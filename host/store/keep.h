/* SPDX-License-Identifier: MIT */
/* keep.h - the memory of one message to a store or of its answer: many small copies, freed
 * together. Owner: the message. Thread: the owner's. */
#pragma once
#include "base/text.h"

struct keep_block;
struct keep {
    struct keep_block *blocks; /* the newest first */
};

void keep_done(struct keep *k); /* a zeroed keep is an empty one */
void *keep_alloc(struct keep *k, size_t bytes);
struct text keep_text(struct keep *k, struct text t); /* absent stays absent; NUL-terminated */
/* For a list that grows: its rows, with room for one more than count. What it outgrows stays until
 * the end: at most as much again. */
void *keep_more(struct keep *k, void *rows, size_t count, size_t *room, size_t row_bytes);
