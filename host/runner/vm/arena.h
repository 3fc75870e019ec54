/* SPDX-License-Identifier: MIT */
/* arena.h - the memory of one vm: a reserved range of addresses that is filled from the bottom,
 * given back block by block while the run lives, and forgotten whole at its end.
 *
 * The arena's own books lie at the bottom of its range, so that [arena, top) is all there is:
 * copied away and copied back to the same address, it is the same arena again (run/image.h).
 *
 * Blocks up to ARENA_SMALL bytes come in classes of 16 bytes and have no header, since who frees
 * one says its size. Larger blocks have a header, and join with free neighbours. `used` counts
 * live bytes, rounded as they were handed out.
 *
 * Owner: one slot. Thread: one. Limits: `limit` live bytes, and the range
 * itself against fragmentation. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ARENA_SMALL = 1024,
    ARENA_GRAIN = 16,
    ARENA_CLASSES = ARENA_SMALL / ARENA_GRAIN + 1,
    ARENA_CHUNK = 8 << 10, /* small blocks are cut from chunks of this size */
    ARENA_BINS = 24,       /* free large blocks by the power of two of their size */
};

struct arena_block; /* a large block's header */
struct arena_cell;  /* a free small block */

struct arena {
    char *end;   /* of the range */
    char *top;   /* nothing at or above was ever written since the last arena_init */
    char *peak;  /* the highest top since then: what lies below it may be resident */
    char *chunk; /* small blocks are cut from here up to chunk_end */
    char *chunk_end;
    size_t used, limit;
    struct arena_block *last; /* the large block that ends at top, or NULL */
    struct arena_cell *cells[ARENA_CLASSES];
    struct arena_block *bins[ARENA_BINS];
};

/* Reserves a range of `bytes` (nothing is resident yet); NULL: no addresses left. */
void *arena_reserve(size_t bytes);
void arena_unreserve(void *range, size_t bytes);

/* Starts an arena in a range: a struct of `head` bytes, which begins with struct arena, lies
 * at the bottom. */
void arena_init(struct arena *a, size_t head, size_t range, size_t limit);
/* Grows, shrinks, makes (old NULL) or frees (bytes 0) a block, as lua_Alloc does: old_bytes is what
 * was asked for. NULL with everything unchanged: past the limit, or the range is used up. Blocks
 * are aligned to 16 bytes. */
void *arena_move(struct arena *a, void *old, size_t old_bytes, size_t bytes);
/* Gives what is resident above `keep` bytes back to the kernel. The arena is of no use then. */
void arena_drop(struct arena *a, size_t keep);
