/* SPDX-License-Identifier: MIT */
/* writer.h - the thread that writes. It takes all that is waiting, commits it as one group, posts
 * the group back in one letter, and looks again: while a commit is under way the next group
 * collects, so that no delay is ever added on purpose.
 * Owner: store. Thread: writer_* are called on the loop thread. */
#pragma once
#include "store/sqlite/jobs.h"

struct writer;

struct writer_options {
    const char *data;
    size_t group_max;
    uint32_t page_max; /* 0: no limit */
    /* Writer thread: a letter for the loop thread. */
    void (*post)(struct store *s, struct letter *letter);
    /* Loop thread: the orders of a group, in order; takes them off the list. */
    void (*orders_back)(struct store *s, struct list *orders);
    struct store *store;
};

/* Opens the database, makes it or brings it up to date, and starts the thread. */
struct writer *writer_new(const struct writer_options *options, struct error *err) MUST_CHECK;
/* Commits what is waiting and ends the thread. Harmless when it has ended. */
void writer_stop(struct writer *w);
void writer_free(struct writer *w); /* after writer_stop */

void writer_order(struct writer *w, struct store_order *order);
void writer_chore(struct writer *w, struct chore *chore);
int64_t writer_commit_us(const struct writer *w); /* how long the last commit took */
const char *writer_host(const struct writer *w);  /* id of this host */
