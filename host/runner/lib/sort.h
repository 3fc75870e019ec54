/* SPDX-License-Identifier: MIT */
/* sort.h - a stable merge sort of indices. It asks `before` about pairs of them and trusts no
 * answer: whatever that says, the result is a permutation. Owner: the caller. Thread: any. Limit:
 * at most n log2 n questions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* True when a must come before b; false for equals. May raise: nothing is held. */
typedef bool sort_before(void *arg, uint32_t a, uint32_t b);

/* Fills order[0..n) with 0..n-1 sorted; scratch has room for n. */
void sort_indices(uint32_t *order, uint32_t *scratch, uint32_t n, sort_before *before, void *arg);
