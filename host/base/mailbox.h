/* SPDX-License-Identifier: MIT */
/* mailbox.h - letters from other threads to the loop thread: a locked queue and a uv_async.
 * Letters are intrusive list nodes owned by the sender until posted, by the receiver after. Letters
 * of one sender arrive in the order posted.
 * Thread: mailbox_post from any, the rest from the loop's. */
#pragma once
#include "base/list.h"
#include <pthread.h>
#include <uv.h>

struct mailbox {
    pthread_mutex_t lock;
    struct list letters;
    uv_async_t wake;
    void (*deliver)(void *arg, struct list *letter);
    void *arg;
    void (*closed)(void *arg); /* set by mailbox_close */
};

/* deliver is called on the loop thread once a letter.
 * Aborts when the system is out of file descriptors. */
void mailbox_init(struct mailbox *m, uv_loop_t *loop,
                  void (*deliver)(void *arg, struct list *letter), void *arg);
void mailbox_post(struct mailbox *m, struct list *letter);
void mailbox_drain(struct mailbox *m); /* delivers now what is waiting */
/* Stops the uv handle; after `closed` (may be NULL; gets init's arg) has been called the storage
 * may go. Senders must be done by then (join them). Undelivered letters stay. */
void mailbox_close(struct mailbox *m, void (*closed)(void *arg));
