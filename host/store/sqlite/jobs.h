/* SPDX-License-Identifier: MIT */
/* jobs.h - what travels between the loop thread and the store's two threads. A job is made on the
 * loop thread, belongs to the store's thread until that posts its letter, and is freed on the loop
 * thread after its callback. */
#pragma once
#include "store/sqlite/keep.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

/* First member of everything that comes back through the mailbox. */
struct letter {
    struct list link;
    void (*deliver)(struct store *s, struct letter *letter); /* loop thread; frees the letter */
    bool is_job; /* the store's: a read or a chore, not a group of orders */
};

/* One question for the reader thread. */
struct read_job {
    struct letter letter;
    /* Reader thread, inside a snapshot. Fills the job; copies of rows go to `keep`. */
    bool (*run)(struct read_job *job, struct sqlite *q, struct error *err);
    struct keep keep;
    bool failed;
    struct error err;
};

/* A rare small write, part of the next group commit, ahead of its orders. */
struct chore {
    struct letter letter;
    /* Writer thread, inside the group's transaction. May run more than once. */
    bool (*apply)(struct chore *chore, struct sqlite *q, struct error *err);
    /* Writer thread, after the commit; NULL: nothing. */
    bool (*committed)(struct chore *chore, struct sqlite *q, struct error *err);
    bool failed;
    struct error err;
};

/* Hand over a job; its letter comes back. */
void store_read(struct store *s, struct read_job *job);
void store_chore(struct store *s, struct chore *chore);
/* What a callback gets as err. */
static inline const struct error *read_error(const struct read_job *job)
{
    return job->failed ? &job->err : NULL;
}
static inline const struct error *chore_error(const struct chore *chore)
{
    return chore->failed ? &chore->err : NULL;
}
