/* SPDX-License-Identifier: MIT */
#include "serve/door/door_wheel.h"

void wheel_init(struct wheel *w, int64_t now_ms)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        list_init(&w->slots[i]);
    w->tick = now_ms / WHEEL_TICK_MS;
    w->armed = 0;
}

void wheel_node_init(struct wheel_node *n)
{
    list_init(&n->link);
    n->due_ms = 0;
}

static struct list *slot_of(struct wheel *w, int64_t tick)
{
    return &w->slots[(uint64_t)tick % WHEEL_SLOTS];
}

void wheel_drop(struct wheel *w, struct wheel_node *n)
{
    if (list_empty(&n->link))
        return;
    list_del(&n->link);
    w->armed--;
}

void wheel_set(struct wheel *w, struct wheel_node *n, int64_t due_ms)
{
    wheel_drop(w, n);
    /* Rounded up: the tick that fires it lies at or behind its time. */
    int64_t tick = (due_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
    n->due_ms = due_ms;
    list_add(slot_of(w, tick < w->tick ? w->tick : tick), &n->link);
    w->armed++;
}

static void fire_slot(struct wheel *w, int64_t now_ms, struct list *slot,
                      void (*fire)(void *arg, struct wheel_node *n), void *arg)
{
    /* Nodes of later rounds go back; the mark ends the walk though fire() may add to this slot. */
    struct list mark;
    list_add(slot, &mark);
    while (slot->next != &mark) {
        struct wheel_node *n = LIST_ENTRY(slot->next, struct wheel_node, link);
        if (n->due_ms > now_ms) {
            list_del(&n->link);
            list_add(slot, &n->link);
            continue;
        }
        wheel_drop(w, n);
        fire(arg, n);
    }
    list_del(&mark);
}

void wheel_advance(struct wheel *w, int64_t now_ms, void (*fire)(void *arg, struct wheel_node *n),
                   void *arg)
{
    int64_t last = now_ms / WHEEL_TICK_MS;
    if (last - w->tick >= WHEEL_SLOTS)
        w->tick = last - WHEEL_SLOTS + 1; /* a long sleep: every slot once */
    while (w->tick <= last)
        fire_slot(w, now_ms, slot_of(w, w->tick++), fire, arg); /* sets none for this tick */
}
