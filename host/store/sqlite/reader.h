/* SPDX-License-Identifier: MIT */
/* reader.h - the thread that reads: one job after the other, each in a snapshot of its own that is
 * newer than every commit posted before the job was handed over.
 * Owner: store. Thread: reader_* are called on the loop thread. */
#pragma once
#include "store/sqlite/jobs.h"

struct reader;

/* The database must be open in a writer. post: called on the reader thread. */
struct reader *reader_new(const char *data, struct store *s,
                          void (*post)(struct store *s, struct letter *letter),
                          struct error *err) MUST_CHECK;
void reader_stop(struct reader *r); /* answers what is waiting and ends the thread */
void reader_free(struct reader *r); /* after reader_stop */
void reader_job(struct reader *r, struct read_job *job);
