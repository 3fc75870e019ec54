/* SPDX-License-Identifier: MIT */
/* reader.h - the thread that reads: one read after the other, each in a snapshot of its own that is
 * newer than every commit posted before the read was handed over.
 * Owner: store. Thread: reader_* are called on the loop thread. */
#pragma once
#include "store/sqlite/messages.h"

struct reader;

struct reader_options {
    const char *data;
    bool blocking; /* no thread: reader_read answers before it returns */
    void (*post)(struct sqlite_store *s, struct message *m); /* called on the reader thread */
    struct sqlite_store *store;
};

/* The database must be open in a writer. */
struct reader *reader_new(const struct reader_options *options, struct error *err) MUST_CHECK;
void reader_stop(struct reader *r); /* answers what is waiting and ends the thread */
void reader_free(struct reader *r); /* after reader_stop */
void reader_read(struct reader *r, struct read *read);
