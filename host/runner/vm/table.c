/* SPDX-License-Identifier: MIT */
#include "runner/vm/table.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 64 };

void table_init(struct table *t)
{
    *t = (struct table){.buckets = mem_zero(FIRST_BUCKETS, sizeof *t->buckets),
                        .mask = FIRST_BUCKETS - 1};
}

void table_done(struct table *t)
{
    free(t->buckets);
    *t = (struct table){0};
}

struct table_node *table_get(const struct table *t, uint64_t tag)
{
    struct table_node *node = t->buckets[tag & t->mask];
    while (node && node->tag != tag)
        node = node->next;
    return node;
}

static void link_node(struct table *t, struct table_node *node)
{
    struct table_node **bucket = &t->buckets[node->tag & t->mask];
    node->next = *bucket;
    *bucket = node;
}

static void grow(struct table *t)
{
    struct table old = *t;
    size_t buckets = (old.mask + 1) * 2;
    t->buckets = mem_zero(buckets, sizeof *t->buckets);
    t->mask = buckets - 1;
    for (size_t i = 0; i <= old.mask; i++) {
        for (struct table_node *node = old.buckets[i], *next; node; node = next) {
            next = node->next;
            link_node(t, node);
        }
    }
    free(old.buckets);
}

void table_put(struct table *t, struct table_node *node, uint64_t tag)
{
    if (t->count > t->mask)
        grow(t);
    node->tag = tag;
    link_node(t, node);
    t->count++;
}

void table_del(struct table *t, struct table_node *node)
{
    struct table_node **at = &t->buckets[node->tag & t->mask];
    while (*at && *at != node)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = node->next;
    t->count--;
}

struct table_node *table_any(const struct table *t)
{
    for (size_t i = 0; t->count > 0 && i <= t->mask; i++) {
        if (t->buckets[i])
            return t->buckets[i];
    }
    return NULL;
}
