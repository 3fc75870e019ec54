/* SPDX-License-Identifier: MIT */
#include "store/keep.h"

#include "base/mem.h"
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 };

struct keep_block {
    struct keep_block *older;
    size_t used, cap;
    alignas(max_align_t) char bytes[];
};

void keep_done(struct keep *k)
{
    while (k->blocks) {
        struct keep_block *older = k->blocks->older;
        free(k->blocks);
        k->blocks = older;
    }
}

void *keep_alloc(struct keep *k, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    size_t room = (bytes + align - 1) & ~(align - 1);
    if (!k->blocks || k->blocks->cap - k->blocks->used < room) {
        size_t cap = room > BLOCK_BYTES ? room : BLOCK_BYTES;
        struct keep_block *block = mem_alloc(sizeof *block + cap);
        block->older = k->blocks;
        block->used = 0;
        block->cap = cap;
        k->blocks = block;
    }
    void *at = k->blocks->bytes + k->blocks->used;
    k->blocks->used += room;
    return at;
}

struct text keep_text(struct keep *k, struct text t)
{
    if (!t.data)
        return TEXT_NONE;
    char *copy = keep_alloc(k, t.len + 1);
    if (t.len)
        memcpy(copy, t.data, t.len);
    copy[t.len] = '\0';
    return (struct text){copy, t.len};
}

void *keep_more(struct keep *k, void *rows, size_t count, size_t *room, size_t row_bytes)
{
    if (count < *room)
        return rows;
    *room = *room ? 2 * *room : 16;
    void *larger = keep_alloc(k, *room * row_bytes);
    if (count)
        memcpy(larger, rows, count * row_bytes);
    return larger;
}
