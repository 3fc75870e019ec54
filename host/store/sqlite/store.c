/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "base/mailbox.h"
#include "base/mem.h"
#include "store/sqlite/folder.h"
#include "store/sqlite/jobs.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/writer.h"
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

enum { GROUP_MAX = 512 };

struct store {
    int lock; /* the descriptor of DATA/lock */
    struct writer *writer;
    struct reader *reader;
    struct mailbox mailbox;
    /* Loop thread only. */
    struct list ready;  /* orders that are back, done not yet called */
    size_t orders;      /* handed over, done not yet called */
    size_t jobs;        /* reads and chores likewise */
    uint64_t delivered; /* letters taken */
    bool closing;       /* the threads are gone */
    void (*closed)(void *arg);
    void *closed_arg;
    /* How store_close waits for letters without turning the loop. */
    pthread_mutex_t post_lock;
    pthread_cond_t post_more;
    uint64_t posted; /* guarded by post_lock */
};

/* ---- letters */

static void post(struct store *s, struct letter *letter) /* the store's threads */
{
    mailbox_post(&s->mailbox, &letter->link);
    pthread_mutex_lock(&s->post_lock);
    s->posted++;
    pthread_cond_signal(&s->post_more);
    pthread_mutex_unlock(&s->post_lock);
}

static void deliver(void *arg, struct list *node)
{
    struct store *s = arg;
    struct letter *letter = LIST_ENTRY(node, struct letter, link);
    s->delivered++;
    s->jobs -= letter->is_job;
    letter->deliver(s, letter);
}

/* From the store's own list, not the group's: a callback may close the store, which delivers the
 * rest of this group first and then the later ones. */
static void call_ready(struct store *s)
{
    struct list *node;
    while ((node = list_pop(&s->ready))) {
        struct store_order *o = LIST_ENTRY(node, struct store_order, link);
        s->orders--;
        o->done(o);
    }
}

static void orders_back(struct store *s, struct list *orders)
{
    struct list *node;
    while ((node = list_pop(orders)))
        list_add(&s->ready, node);
    call_ready(s);
}

/* ---- handing over */

void store_write(struct store *s, struct store_order *order)
{
    assert(!s->closing);
    s->orders++;
    writer_order(s->writer, order);
}

void store_read(struct store *s, struct read_job *job)
{
    assert(!s->closing);
    s->jobs++;
    job->letter.is_job = true;
    reader_job(s->reader, job);
}

void store_chore(struct store *s, struct chore *chore)
{
    assert(!s->closing);
    s->jobs++;
    chore->letter.is_job = true;
    writer_chore(s->writer, chore);
}

void store_load(const struct store *s, size_t *waiting, int64_t *commit_us)
{
    *waiting = s->orders;
    *commit_us = writer_commit_us(s->writer);
}

const char *store_host_id(const struct store *s)
{
    return writer_host(s->writer);
}

/* ---- life */

static bool start(struct store *s, const struct store_options *options, struct error *err)
{
    const struct writer_options writing = {
        .data = options->data,
        .group_max = options->group_max ? options->group_max : GROUP_MAX,
        .page_max = options->page_max,
        .post = post,
        .orders_back = orders_back,
        .store = s,
    };
    if (!folder_make(options->data, err))
        return false;
    s->lock = folder_lock(options->data, err);
    if (s->lock < 0)
        return false;
    s->writer = writer_new(&writing, err);
    if (!s->writer)
        return false;
    s->reader = reader_new(options->data, s, post, err);
    return s->reader != NULL;
}

/* Everything but the mailbox. */
static void stop(struct store *s)
{
    writer_stop(s->writer);
    reader_stop(s->reader);
    /* The writer last: the last connection to go copies the log into the file and removes it. */
    reader_free(s->reader);
    writer_free(s->writer);
    if (s->lock >= 0)
        close(s->lock);
    pthread_mutex_destroy(&s->post_lock);
    pthread_cond_destroy(&s->post_more);
}

struct store *store_open(const struct store_options *options, struct error *err)
{
    struct store *s = mem_zero(1, sizeof *s);
    s->lock = -1;
    list_init(&s->ready);
    pthread_mutex_init(&s->post_lock, NULL);
    pthread_cond_init(&s->post_more, NULL);
    if (!start(s, options, err)) {
        stop(s);
        free(s);
        return NULL;
    }
    /* Only now: it cannot be undone without turning the loop. The threads post nothing unasked. */
    mailbox_init(&s->mailbox, options->loop, deliver, s);
    return s;
}

static void wait_for_letter(struct store *s)
{
    pthread_mutex_lock(&s->post_lock);
    while (s->posted == s->delivered)
        pthread_cond_wait(&s->post_more, &s->post_lock);
    pthread_mutex_unlock(&s->post_lock);
}

static void on_mailbox_closed(void *arg)
{
    struct store *s = arg;
    if (s->closed)
        s->closed(s->closed_arg);
    free(s);
}

void store_close(struct store *s, void (*closed)(void *arg), void *arg)
{
    assert(!s->closing);
    /* Callbacks may order more; that is finished as well. */
    for (;;) {
        call_ready(s);
        mailbox_drain(&s->mailbox);
        if (s->orders == 0 && s->jobs == 0)
            break;
        wait_for_letter(s);
    }
    s->closing = true;
    stop(s);
    s->closed = closed;
    s->closed_arg = arg;
    mailbox_close(&s->mailbox, on_mailbox_closed);
}
