/* SPDX-License-Identifier: MIT */
#include "runner/lib/sort.h"
#include <string.h>

enum { RUN = 6 }; /* indices that are sorted by insertion before the merging starts */

static void insert_run(uint32_t *order, uint32_t from, uint32_t to, sort_before *before, void *arg)
{
    for (uint32_t i = from + 1; i < to; i++) {
        uint32_t item = order[i];
        uint32_t at = i;
        while (at > from && before(arg, item, order[at - 1])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = item;
    }
}

/* Merges from[left..middle) and from[middle..right) to the same places of to. */
static void merge(const uint32_t *from, uint32_t *to, uint32_t left, uint32_t middle,
                  uint32_t right, sort_before *before, void *arg)
{
    uint32_t a = left, b = middle, out = left;
    /* Runs that are in order already cost one question. */
    if (middle < right && before(arg, from[middle], from[middle - 1])) {
        while (a < middle && b < right)
            to[out++] = before(arg, from[b], from[a]) ? from[b++] : from[a++];
    }
    memcpy(to + out, from + a, (middle - a) * sizeof *to);
    out += middle - a;
    memcpy(to + out, from + b, (right - b) * sizeof *to);
}

static uint32_t least(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

void sort_indices(uint32_t *order, uint32_t *scratch, uint32_t n, sort_before *before, void *arg)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint64_t at = 0; at < n; at += RUN)
        insert_run(order, (uint32_t)at, least(at + RUN, n), before, arg);
    uint32_t *from = order, *to = scratch;
    for (uint64_t width = RUN; width < n; width *= 2) {
        for (uint64_t left = 0; left < n; left += 2 * width)
            merge(from, to, (uint32_t)left, least(left + width, n), least(left + 2 * width, n),
                  before, arg);
        uint32_t *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != order)
        memcpy(order, from, n * sizeof *order);
}
