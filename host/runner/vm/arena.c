/* SPDX-License-Identifier: MIT */
#include "runner/vm/arena.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

struct arena_cell {
    struct arena_cell *next;
};

/* The header of a large block. Large blocks lie one behind the other from the first up to
 * `top`: `size` leads to the next, `before` to the one before. The links of a free one lie in
 * what was its content. */
struct arena_block {
    uint32_t size;   /* with this header; a multiple of 16 */
    uint32_t before; /* size of the block below; 0: this is the first */
    uint32_t is_free;
    uint32_t pad; /* keeps the content aligned */
};

struct free_block {
    struct arena_block head;
    struct free_block *prev, *next;
};

enum {
    HEADER = sizeof(struct arena_block),
    SPLIT_MIN = ARENA_SMALL, /* a rest smaller than this stays with its block */
    BIN_LOOKS = 8,           /* blocks of one bin that are looked at before the next bin is tried */
};

static size_t round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) & ~(to - 1);
}

void *arena_reserve(size_t bytes)
{
    void *range = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED)
        return NULL;
    madvise(range, bytes, MADV_NOHUGEPAGE); /* else each parked run would hold 2 MB; best effort */
    return range;
}

void arena_unreserve(void *range, size_t bytes)
{
    if (range)
        munmap(range, bytes);
}

void arena_init(struct arena *a, size_t head, size_t range, size_t limit)
{
    assert(head >= sizeof *a && head < range && range <= UINT32_MAX);
    memset(a, 0, sizeof *a);
    a->end = (char *)a + range;
    a->top = (char *)a + round_up(head, ARENA_GRAIN);
    a->peak = a->top;
    a->limit = limit;
}

static unsigned bin_of(uint32_t size)
{
    unsigned bin = 31U - (unsigned)__builtin_clz(size) - 10U; /* the smallest has 2^10 bytes */
    return bin < ARENA_BINS ? bin : ARENA_BINS - 1;
}

static void bin_add(struct arena *a, struct arena_block *b)
{
    struct free_block *f = (struct free_block *)b;
    struct arena_block **bin = &a->bins[bin_of(b->size)];
    b->is_free = 1;
    f->prev = NULL;
    f->next = (struct free_block *)*bin;
    if (f->next)
        f->next->prev = f;
    *bin = b;
}

static void bin_remove(struct arena *a, struct arena_block *b)
{
    struct free_block *f = (struct free_block *)b;
    if (f->prev)
        f->prev->next = f->next;
    else
        a->bins[bin_of(b->size)] = (struct arena_block *)f->next;
    if (f->next)
        f->next->prev = f->prev;
    b->is_free = 0;
}

static struct arena_block *block_of(void *content)
{
    return (struct arena_block *)((char *)content - HEADER);
}

static struct arena_block *block_after(const struct arena *a, struct arena_block *b)
{
    char *next = (char *)b + b->size;
    return next < a->top ? (struct arena_block *)next : NULL;
}

static struct arena_block *block_before(struct arena_block *b)
{
    return b->before ? (struct arena_block *)((char *)b - b->before) : NULL;
}

/* Sets a block's size and tells the block above. */
static void set_size(struct arena *a, struct arena_block *b, uint32_t size)
{
    b->size = size;
    struct arena_block *after = block_after(a, b);
    if (after)
        after->before = size;
    else
        a->last = b;
}

/* Joins a block that nobody needs with its free neighbours; the topmost makes the top sink. */
static void release_block(struct arena *a, struct arena_block *b)
{
    struct arena_block *after = block_after(a, b), *before = block_before(b);
    if (after && after->is_free) {
        bin_remove(a, after);
        set_size(a, b, b->size + after->size);
    }
    if (before && before->is_free) {
        bin_remove(a, before);
        set_size(a, before, before->size + b->size);
        b = before;
    }
    if (block_after(a, b)) {
        bin_add(a, b);
        return;
    }
    a->top = (char *)b;
    a->last = block_before(b);
}

/* Cuts what is beyond `size` off a block, unless the rest would be too small to be of use. */
static void cut_block(struct arena *a, struct arena_block *b, uint32_t size)
{
    if (b->size - size < SPLIT_MIN + HEADER)
        return;
    struct arena_block *rest = (struct arena_block *)((char *)b + size);
    *rest = (struct arena_block){.size = b->size - size, .before = size};
    b->size = size;
    struct arena_block *after = block_after(a, rest);
    if (after)
        after->before = rest->size;
    else
        a->last = rest;
    release_block(a, rest);
}

static struct arena_block *find_free(struct arena *a, uint32_t size)
{
    for (unsigned bin = bin_of(size); bin < ARENA_BINS; bin++) {
        struct free_block *f = (struct free_block *)a->bins[bin];
        for (int looks = 0; f && looks < BIN_LOOKS; looks++, f = f->next) {
            if (f->head.size >= size)
                return &f->head;
        }
    }
    return NULL;
}

static bool top_grow(struct arena *a, size_t bytes)
{
    if ((size_t)(a->end - a->top) < bytes)
        return false;
    a->top += bytes;
    if (a->top > a->peak)
        a->peak = a->top;
    return true;
}

static struct arena_block *large_take(struct arena *a, uint32_t size)
{
    struct arena_block *b = find_free(a, size);
    if (b) {
        bin_remove(a, b);
        cut_block(a, b, size);
        return b;
    }
    b = (struct arena_block *)a->top;
    if (!top_grow(a, size))
        return NULL;
    *b = (struct arena_block){.size = size, .before = a->last ? a->last->size : 0};
    a->last = b;
    return b;
}

static uint32_t large_size(size_t bytes)
{
    return (uint32_t)round_up(bytes + HEADER, ARENA_GRAIN);
}

static size_t class_of(size_t bytes)
{
    return (bytes + ARENA_GRAIN - 1) / ARENA_GRAIN;
}

/* The bytes that a live block counts for in `used`. */
static size_t weight_of(void *block, size_t bytes)
{
    if (!block)
        return 0;
    return bytes > ARENA_SMALL ? block_of(block)->size : class_of(bytes) * ARENA_GRAIN;
}

static void small_put(struct arena *a, void *block, size_t class)
{
    struct arena_cell *cell = block;
    cell->next = a->cells[class];
    a->cells[class] = cell;
}

static bool chunk_take(struct arena *a)
{
    size_t rest = (size_t)(a->chunk_end - a->chunk);
    if (rest >= ARENA_GRAIN) /* the rest is smaller than the block that did not fit */
        small_put(a, a->chunk, rest / ARENA_GRAIN);
    a->chunk = a->chunk_end = NULL;
    struct arena_block *b = large_take(a, ARENA_CHUNK);
    if (!b)
        return false;
    a->chunk = (char *)b + HEADER;
    a->chunk_end = (char *)b + b->size;
    return true;
}

static void *small_take(struct arena *a, size_t class)
{
    struct arena_cell *cell = a->cells[class];
    if (cell) {
        a->cells[class] = cell->next;
        return cell;
    }
    size_t bytes = class * ARENA_GRAIN;
    if ((size_t)(a->chunk_end - a->chunk) < bytes && !chunk_take(a))
        return NULL;
    char *block = a->chunk;
    a->chunk += bytes;
    return block;
}

static void *take_block(struct arena *a, size_t bytes)
{
    void *block;
    if (bytes <= ARENA_SMALL) {
        block = small_take(a, class_of(bytes));
    } else {
        struct arena_block *b = large_take(a, large_size(bytes));
        block = b ? (char *)b + HEADER : NULL;
    }
    a->used += weight_of(block, bytes);
    return block;
}

static void put_block(struct arena *a, void *block, size_t bytes)
{
    a->used -= weight_of(block, bytes);
    if (bytes <= ARENA_SMALL)
        small_put(a, block, class_of(bytes));
    else
        release_block(a, block_of(block));
}

/* Resizes a large block that stays large where it stands: cuts it, or grows it into a free
 * neighbour or the top. */
static bool resize_in_place(struct arena *a, struct arena_block *b, uint32_t size)
{
    uint32_t was = b->size;
    struct arena_block *after = block_after(a, b);
    if (b->size < size && after && after->is_free) {
        if (b->size + after->size < size)
            return false;
        bin_remove(a, after);
        set_size(a, b, b->size + after->size);
    } else if (b->size < size) {
        if (after || !top_grow(a, size - b->size))
            return false;
        b->size = size;
    }
    cut_block(a, b, size);
    a->used = a->used - was + b->size;
    return true;
}

/* True when no more than `limit` bytes will live once the old block is gone. Both live for a
 * moment, which the range has room for. */
static bool fits_limit(const struct arena *a, size_t old_weight, size_t bytes)
{
    size_t rest = a->used - old_weight;
    return bytes <= a->limit && rest <= a->limit - bytes;
}

void *arena_move(struct arena *a, void *old, size_t old_bytes, size_t bytes)
{
    if (bytes == 0) {
        if (old && old_bytes)
            put_block(a, old, old_bytes);
        return NULL;
    }
    if (!old || old_bytes == 0)
        return fits_limit(a, 0, bytes) ? take_block(a, bytes) : NULL;
    if (bytes <= ARENA_SMALL && old_bytes <= ARENA_SMALL && class_of(bytes) == class_of(old_bytes))
        return old;
    if (bytes > old_bytes && !fits_limit(a, weight_of(old, old_bytes), bytes))
        return NULL;
    if (bytes > ARENA_SMALL && old_bytes > ARENA_SMALL &&
        resize_in_place(a, block_of(old), large_size(bytes)))
        return old;
    void *block = take_block(a, bytes);
    if (!block)
        return NULL;
    memcpy(block, old, bytes < old_bytes ? bytes : old_bytes);
    put_block(a, old, old_bytes);
    return block;
}

void arena_drop(struct arena *a, size_t keep)
{
    char *from = (char *)a + keep;
    if (a->peak > from)
        madvise(from, round_up((size_t)(a->peak - from), 4096), MADV_DONTNEED);
}
