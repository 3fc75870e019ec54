/* SPDX-License-Identifier: MIT */
/* slot.h - places for vms: numbered ranges of addresses, reserved when first used and kept for
 * good. The lowest free one is taken, since what ran there last is still in the caches, and an
 * image only fits the slot it was taken in. Owner: the loop. Thread: one. Limits: SLOTS; a free
 * slot keeps SLOT_KEEP resident bytes if it is one of the SLOTS_WARM lowest. */
#pragma once
#include <stdint.h>

enum {
    SLOTS = 4096,
    SLOT_WORDS = SLOTS / 64,
    SLOTS_WARM = 64,
    SLOT_KEEP = 256 << 10,
};

struct slots {
    uint64_t used[SLOT_WORDS];
    void *ranges[SLOTS];
};

void slots_done(struct slots *s);
int slot_take(struct slots *s); /* -1: all are taken, or there are no addresses left */
void slot_give(struct slots *s, int slot);
/* Gives back what free slots keep. */
void slots_trim(struct slots *s);
