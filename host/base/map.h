/* SPDX-License-Identifier: MIT */
/* map.h - a hash map from byte strings to pointers. Keys are copied, values borrowed. The hash is
 * keyed with per-process random bytes (SipHash-like), as keys may come from strangers.
 * Thread: the owner's. */
#pragma once
#include "base/text.h"

struct map_slot;
struct map {
    struct map_slot *slots;
    size_t count, cap;
    size_t used; /* with tombstones */
};

void map_init(struct map *m);
void map_done(struct map *m); /* values are not freed */
void *map_get(const struct map *m, struct text key);
/* Returns the value that was there before, or NULL. value must not be NULL. */
void *map_put(struct map *m, struct text key, void *value);
void *map_del(struct map *m, struct text key); /* returns the removed value or NULL */
/* Walks in no particular order: start with *pos = 0; false at the end. Deleting the entry just
 * returned is fine. */
bool map_next(const struct map *m, size_t *pos, struct text *key, void **value);
