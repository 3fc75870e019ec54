/* SPDX-License-Identifier: MIT */
/* door_wheel.h - the deadlines of connections: a timing wheel, so that setting, moving and dropping
 * one costs the same with ten or with fifty thousand connections (libwebsockets keeps its timers in
 * one sorted list). Pure: the caller brings the time. Owner: the door. Thread: loop. Exactness: a
 * deadline fires up to WHEEL_TICK_MS late, never early. */
#pragma once
#include "base/list.h"
#include <stdint.h>

enum { WHEEL_SLOTS = 512, WHEEL_TICK_MS = 100 };

struct wheel_node {
    struct list link;
    int64_t due_ms;
};

struct wheel {
    struct list slots[WHEEL_SLOTS];
    int64_t tick; /* all slots before this one have fired */
    size_t armed;
};

void wheel_init(struct wheel *w, int64_t now_ms);
void wheel_node_init(struct wheel_node *n);
void wheel_set(struct wheel *w, struct wheel_node *n, int64_t due_ms); /* moves a set one */
void wheel_drop(struct wheel *w, struct wheel_node *n); /* harmless when it is not set */
/* Fires all that is due; fire may set and drop any node. */
void wheel_advance(struct wheel *w, int64_t now_ms, void (*fire)(void *arg, struct wheel_node *n),
                   void *arg);
