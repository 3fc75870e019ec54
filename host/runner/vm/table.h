/* SPDX-License-Identifier: MIT */
/* table.h - a hash table of intrusive nodes by tag. Tags come from the host, which counts them up,
 * so their low bits spread well enough. Owner: the caller, of table and nodes. Thread: one. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct table_node {
    uint64_t tag;
    struct table_node *next;
};

struct table {
    struct table_node **buckets; /* a power of two of them */
    size_t mask, count;
};

void table_init(struct table *t);
void table_done(struct table *t); /* nodes are left alone */
struct table_node *table_get(const struct table *t, uint64_t tag);
void table_put(struct table *t, struct table_node *node, uint64_t tag); /* the tag must be new */
void table_del(struct table *t, struct table_node *node);
struct table_node *table_any(const struct table *t); /* one of the nodes, or NULL */
