/* SPDX-License-Identifier: MIT */
/* messages.h - what travels between the loop thread and the store's two threads: a `read` to the
 * reader, a `write` to the writer, and orders, which are their caller's. A read or write is made on
 * the loop thread, belongs to the store's thread until it comes back through the mailbox, and is
 * freed on the loop thread after its callback. In a store without threads all of that happens
 * before read_start or write_start returns.
 * Owner: the table that makes it. Thread: loop, but for `run` and `apply`. */
#pragma once
#include "store/keep.h"
#include "store/kind.h"
#include "store/sqlite/connection.h"

struct sqlite_store;

/* First member of everything that comes back. */
struct message {
    struct list link;
    void (*deliver)(struct sqlite_store *s, struct message *m); /* loop thread; frees it */
};

/* One question. Embed it as the first member of a mem_zero'ed struct. */
struct read {
    struct message message;
    struct keep keep; /* copies of rows, and of what is asked for */
    bool (*run)(struct read *r, struct connection *q, struct error *err); /* in a snapshot */
    void (*answer)(struct read *r);                                       /* calls the callback */
    bool failed;
    struct error err;
};

/* A small change, part of the next group commit, ahead of its orders. Embedded likewise. */
struct write {
    struct message message;
    struct keep keep; /* texts of what changes */
    struct store_audit audit;
    bool announced; /* watchers are told, also those of other processes */
    /* In the transaction; may run more than once. NULL: the audit row is all. */
    bool (*apply)(struct write *w, struct connection *q, struct error *err);
    void (*answer)(struct write *w); /* NULL: calls `done` */
    store_written_fn done;           /* NULL: nobody is told */
    void *arg;
    bool failed;
    struct error err;
};

/* Hands it over; the rest is filled in. */
void read_start(struct store *s, struct read *r);
/* audit NULL: none. */
void write_start(struct store *s, struct write *w, const struct store_audit *audit,
                 store_written_fn done, void *arg);

/* What a callback gets as err. */
static inline const struct error *read_error(const struct read *r)
{
    return r->failed ? &r->err : NULL;
}
static inline const struct error *write_error(const struct write *w)
{
    return w->failed ? &w->err : NULL;
}
