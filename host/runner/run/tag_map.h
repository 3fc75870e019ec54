/* SPDX-License-Identifier: MIT */
/* tag_map.h - a hash map of intrusive nodes by tag. Tags come from the host, which counts them up,
 * so their low bits spread well enough. Owner: the caller, of map and nodes. Thread: one. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct tag_node {
    uint64_t tag;
    struct tag_node *next;
};

struct tag_map {
    struct tag_node **buckets; /* a power of two of them */
    size_t mask, count;
};

void tag_map_init(struct tag_map *m);
void tag_map_done(struct tag_map *m); /* nodes are left alone */
struct tag_node *tag_map_get(const struct tag_map *m, uint64_t tag);
void tag_map_put(struct tag_map *m, struct tag_node *node, uint64_t tag); /* the tag must be new */
void tag_map_del(struct tag_map *m, struct tag_node *node);
struct tag_node *tag_map_any(const struct tag_map *m); /* one of the nodes, or NULL */
