/* SPDX-License-Identifier: MIT */
#include "runner/run/tag_map.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 64 };

void tag_map_init(struct tag_map *m)
{
    *m = (struct tag_map){.buckets = mem_zero(FIRST_BUCKETS, sizeof *m->buckets),
                          .mask = FIRST_BUCKETS - 1};
}

void tag_map_done(struct tag_map *m)
{
    free(m->buckets);
    *m = (struct tag_map){0};
}

struct tag_node *tag_map_get(const struct tag_map *m, uint64_t tag)
{
    struct tag_node *node = m->buckets[tag & m->mask];
    while (node && node->tag != tag)
        node = node->next;
    return node;
}

static void link_node(struct tag_map *m, struct tag_node *node)
{
    struct tag_node **bucket = &m->buckets[node->tag & m->mask];
    node->next = *bucket;
    *bucket = node;
}

static void grow_map(struct tag_map *m)
{
    struct tag_map old = *m;
    size_t buckets = (old.mask + 1) * 2;
    m->buckets = mem_zero(buckets, sizeof *m->buckets);
    m->mask = buckets - 1;
    for (size_t i = 0; i <= old.mask; i++) {
        for (struct tag_node *node = old.buckets[i], *next; node; node = next) {
            next = node->next;
            link_node(m, node);
        }
    }
    free(old.buckets);
}

void tag_map_put(struct tag_map *m, struct tag_node *node, uint64_t tag)
{
    if (m->count > m->mask)
        grow_map(m);
    node->tag = tag;
    link_node(m, node);
    m->count++;
}

void tag_map_del(struct tag_map *m, struct tag_node *node)
{
    struct tag_node **at = &m->buckets[node->tag & m->mask];
    while (*at && *at != node)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = node->next;
    m->count--;
}

struct tag_node *tag_map_any(const struct tag_map *m)
{
    for (size_t i = 0; m->count > 0 && i <= m->mask; i++) {
        if (m->buckets[i])
            return m->buckets[i];
    }
    return NULL;
}
