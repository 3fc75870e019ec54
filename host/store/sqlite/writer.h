/* SPDX-License-Identifier: MIT */
/* writer.h - the thread that writes. It takes all that is waiting, commits it as one group, posts
 * the group back in one message, and looks again: while a commit is under way the next group
 * collects, so that no delay is ever added on purpose.
 * Owner: store. Thread: writer_* are called on the loop thread. */
#pragma once
#include "store/sqlite/messages.h"

struct writer;

struct writer_options {
    const char *data;
    bool existing; /* a missing database is not made */
    bool blocking; /* no thread: writer_order and writer_write commit and post before they return */
    size_t group_max;
    uint32_t page_max; /* 0: no limit */
    /* Writer thread: a message for the loop thread. */
    void (*post)(struct sqlite_store *s, struct message *m);
    /* Loop thread: the orders of a group, in order; takes them off the list. */
    void (*orders_back)(struct sqlite_store *s, struct list *orders);
    struct sqlite_store *store;
};

/* Opens the database, makes it or brings it up to date, and starts the thread. */
struct writer *writer_new(const struct writer_options *options, struct error *err) MUST_CHECK;
/* Commits what is waiting and ends the thread. Harmless when it has ended. */
void writer_stop(struct writer *w);
void writer_free(struct writer *w); /* after writer_stop */

void writer_order(struct writer *w, struct store_order *order);
void writer_write(struct writer *w, struct write *write);
int64_t writer_commit_us(const struct writer *w); /* how long the last commit took */
const char *writer_host(const struct writer *w);  /* id of this host */
