/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "runner/vm/arena.h"
#include <stdlib.h>
#include <string.h>

enum { RANGE = 8 << 20, LIMIT = 2 << 20 };

static struct arena *new_arena(void)
{
    struct arena *a = arena_reserve(RANGE);
    assert_non_null(a);
    arena_init(a, sizeof *a, RANGE, LIMIT);
    return a;
}

static void end(struct arena *a)
{
    arena_unreserve(a, RANGE);
}

static void *get(struct arena *a, size_t bytes)
{
    return arena_move(a, NULL, 0, bytes);
}

static void give(struct arena *a, void *block, size_t bytes)
{
    arena_move(a, block, bytes, 0);
}

static void blocks_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 15, 16, 17, 100, 1023, 1024, 1025, 4096, 30000};
    struct arena *a = new_arena();
    unsigned char *blocks[10];
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = get(a, sizes[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 10; i++) {
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(blocks[i][at], i + 1);
        give(a, blocks[i], sizes[i]);
    }
    assert_int_equal(a->used, 0);
    end(a);
}

static void small_blocks_come_back(void **state)
{
    (void)state;
    struct arena *a = new_arena();
    void *first = get(a, 40);
    give(a, first, 40);
    assert_ptr_equal(get(a, 48), first); /* of the same class */
    assert_int_equal(a->used, 48);
    end(a);
}

static void large_neighbours_join_and_the_top_sinks(void **state)
{
    (void)state;
    struct arena *a = new_arena();
    char *before = a->top;
    void *b[4];
    for (int i = 0; i < 4; i++)
        b[i] = get(a, 100000);
    void *joined = b[1];
    give(a, b[1], 100000);
    give(a, b[2], 100000);
    assert_ptr_equal(get(a, 190000), joined); /* in the gap of both */
    give(a, joined, 190000);
    give(a, b[0], 100000);
    give(a, b[3], 100000);
    assert_ptr_equal(a->top, before);
    assert_int_equal(a->used, 0);
    end(a);
}

static void growth_in_place_and_by_copy_keeps_content(void **state)
{
    (void)state;
    struct arena *a = new_arena();
    size_t bytes = 10;
    unsigned char *block = get(a, bytes);
    memset(block, 7, bytes);
    while (bytes < 1000000) {
        size_t more = bytes * 3 / 2 + 1;
        block = arena_move(a, block, bytes, more);
        assert_non_null(block);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(block[i], 7);
        memset(block, 7, more);
        bytes = more;
    }
    block = arena_move(a, block, bytes, 5);
    assert_int_equal(block[4], 7);
    assert_int_equal(a->used, 16);
    end(a);
}

static void the_limit_counts_live_bytes_only(void **state)
{
    (void)state;
    struct arena *a = new_arena();
    for (int i = 0; i < 100; i++)
        give(a, get(a, LIMIT / 2), LIMIT / 2);
    void *half = get(a, LIMIT / 2);
    assert_null(get(a, LIMIT / 2 + 1));
    assert_null(get(a, SIZE_MAX / 2));
    size_t used = a->used;
    assert_null(arena_move(a, half, LIMIT / 2, LIMIT + 1)); /* unchanged */
    assert_int_equal(a->used, used);
    assert_non_null(arena_move(a, half, LIMIT / 2, LIMIT - 100)); /* the old one does not count */
    end(a);
}

static void an_arena_copied_back_goes_on_as_before(void **state)
{
    (void)state;
    struct arena *a = new_arena();
    char *text = get(a, 64);
    strcpy(text, "before");
    give(a, get(a, 5000), 5000);
    size_t bytes = (size_t)(a->top - (char *)a);
    void *copy = malloc(bytes);
    memcpy(copy, a, bytes);
    void *next_small = get(a, 64), *next_large = get(a, 9000);
    strcpy(text, "behind");
    memcpy(a, copy, bytes);
    assert_string_equal(text, "before");
    assert_ptr_equal(get(a, 64), next_small);
    assert_ptr_equal(get(a, 9000), next_large);
    free(copy);
    end(a);
}

/* Any order of sizes: the books must hold, and what one block holds no other may touch. */
static void a_long_random_walk_keeps_the_books(void **state)
{
    (void)state;
    enum { BLOCKS = 200, STEPS = 60000 };
    struct arena *a = new_arena();
    struct {
        unsigned char *at;
        size_t bytes;
    } b[BLOCKS] = {0};
    unsigned seed = 1;
    for (unsigned step = 0; step < STEPS; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned i = (seed >> 8) % BLOCKS, kind = (seed >> 16) % 8;
        size_t bytes = kind == 0 ? 0 : (seed >> 12) % (kind < 6 ? 600 : 20000);
        if (b[i].at) {
            assert_int_equal(b[i].at[0], i + 1);
            assert_int_equal(b[i].at[b[i].bytes - 1], i + 1);
        }
        unsigned char *moved = arena_move(a, b[i].at, b[i].bytes, bytes);
        if (bytes && !moved)
            continue;
        b[i].at = moved;
        b[i].bytes = bytes;
        if (bytes)
            memset(moved, (int)i + 1, bytes);
        assert_true(a->used <= LIMIT + BLOCKS * 1056);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        arena_move(a, b[i].at, b[i].bytes, 0);
    assert_int_equal(a->used, 0);
    end(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_do_not_overlap),
        cmocka_unit_test(small_blocks_come_back),
        cmocka_unit_test(large_neighbours_join_and_the_top_sinks),
        cmocka_unit_test(growth_in_place_and_by_copy_keeps_content),
        cmocka_unit_test(the_limit_counts_live_bytes_only),
        cmocka_unit_test(an_arena_copied_back_goes_on_as_before),
        cmocka_unit_test(a_long_random_walk_keeps_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
