/* SPDX-License-Identifier: MIT */
#include "runner/vm/slot.h"

#include "runner/vm/vm_state.h"

static int lowest_free(const struct slots *s)
{
    for (int word = 0; word < SLOT_WORDS; word++) {
        if (~s->used[word])
            return word * 64 + __builtin_ctzll(~s->used[word]);
    }
    return -1;
}

int slot_take(struct slots *s)
{
    int slot = lowest_free(s);
    if (slot < 0)
        return -1;
    if (!s->ranges[slot])
        s->ranges[slot] = arena_reserve(VM_RANGE);
    if (!s->ranges[slot])
        return -1;
    s->used[slot / 64] |= UINT64_C(1) << (slot % 64);
    return slot;
}

void slot_give(struct slots *s, int slot)
{
    struct arena *a = s->ranges[slot];
    arena_drop(a, slot < SLOTS_WARM ? SLOT_KEEP : 0);
    s->used[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

void slots_trim(struct slots *s)
{
    for (int slot = 0; slot < SLOTS_WARM; slot++) {
        bool used = s->used[slot / 64] >> (slot % 64) & 1;
        if (s->ranges[slot] && !used)
            arena_drop(s->ranges[slot], 0);
    }
}

void slots_done(struct slots *s)
{
    for (int slot = 0; slot < SLOTS; slot++)
        arena_unreserve(s->ranges[slot], VM_RANGE);
}
