/* SPDX-License-Identifier: MIT */
/* list.h - an intrusive doubly linked ring. The head is a node of its own. Thread: the owner's. */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *prev, *next;
};

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
/* Safe against removal of the current node, not of the next one. */
#define LIST_EACH(pos, head)                                                      \
    for (struct list *pos = (head)->next, *pos##_next = pos->next; pos != (head); \
         pos = pos##_next, pos##_next = pos->next)

static inline void list_init(struct list *l)
{
    l->prev = l->next = l;
}
static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}
static inline void list_add(struct list *head, struct list *node) /* at the tail */
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}
/* Harmless on a node that is in no list but initialised. */
static inline void list_del(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}
static inline struct list *list_pop(struct list *head) /* the first node, or NULL */
{
    if (list_empty(head))
        return NULL;
    struct list *node = head->next;
    list_del(node);
    return node;
}
