/* SPDX-License-Identifier: MIT */
#include "base/mailbox.h"

#include <stdio.h>
#include <stdlib.h>

/* So many letters a wake-up; then sockets and timers get their turn. */
enum { LETTERS_A_TURN = 1024 };

static struct list *take_first(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    struct list *letter = list_pop(&m->letters);
    pthread_mutex_unlock(&m->lock);
    return letter;
}

/* One letter at a time, not a private copy of the queue: deliver may drain or close this mailbox
 * itself, and the order must survive that. */
static void on_wake(uv_async_t *wake)
{
    struct mailbox *m = wake->data;
    for (int i = 0; i < LETTERS_A_TURN; i++) {
        if (uv_is_closing((uv_handle_t *)wake))
            return;
        struct list *letter = take_first(m);
        if (!letter)
            return;
        m->deliver(m->arg, letter);
    }
    uv_async_send(wake);
}

void mailbox_init(struct mailbox *m, uv_loop_t *loop,
                  void (*deliver)(void *arg, struct list *letter), void *arg)
{
    *m = (struct mailbox){.deliver = deliver, .arg = arg};
    list_init(&m->letters);
    pthread_mutex_init(&m->lock, NULL);
    int rc = uv_async_init(loop, &m->wake, on_wake);
    if (rc) {
        fprintf(stderr, "moontide: cannot make a mailbox: %s\n", uv_strerror(rc));
        abort();
    }
    m->wake.data = m;
}

void mailbox_post(struct mailbox *m, struct list *letter)
{
    pthread_mutex_lock(&m->lock);
    list_add(&m->letters, letter);
    pthread_mutex_unlock(&m->lock);
    /* Outside the lock, or the woken loop would run straight into it. */
    uv_async_send(&m->wake);
}

void mailbox_drain(struct mailbox *m)
{
    for (struct list *letter; (letter = take_first(m));)
        m->deliver(m->arg, letter);
}

static void on_closed(uv_handle_t *wake)
{
    struct mailbox *m = wake->data;
    pthread_mutex_destroy(&m->lock);
    if (m->closed)
        m->closed(m->arg);
}

void mailbox_close(struct mailbox *m, void (*closed)(void *arg))
{
    m->closed = closed;
    uv_close((uv_handle_t *)&m->wake, on_closed);
}
