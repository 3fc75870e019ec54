/* SPDX-License-Identifier: MIT */
#include "store/sqlite/reader.h"

#include "base/mem.h"
#include "store/sqlite/query.h"
#include "store/sqlite/thread.h"
#include <stdlib.h>

static const char begin_read[] = "BEGIN";
static const char end_read[] = "COMMIT";

struct reader {
    struct reader_options options;
    struct connection q;
    struct thread thread; /* guards what follows */
    struct list reads;
};

static void answer(struct reader *r, struct read *read)
{
    read->failed = !(query_run(&r->q, begin_read, &read->err) &&
                     read->run(read, &r->q, &read->err) && query_run(&r->q, end_read, &read->err));
    if (read->failed)
        connection_rollback(&r->q);
    r->options.post(r->options.store, &read->message);
}

static void reader_run(void *arg)
{
    struct reader *r = arg;
    thread_lock(&r->thread);
    for (;;) {
        struct list *node = list_pop(&r->reads);
        if (!node) {
            if (!thread_wait(&r->thread))
                break;
            continue;
        }
        thread_unlock(&r->thread);
        answer(r, LIST_ENTRY(node, struct read, message.link));
        thread_lock(&r->thread);
    }
    thread_unlock(&r->thread);
}

struct reader *reader_new(const struct reader_options *options, struct error *err)
{
    struct reader *r = mem_zero(1, sizeof *r);
    r->options = *options;
    list_init(&r->reads);
    thread_init(&r->thread, reader_run, r);
    if (connection_open(&r->q, options->data, CONNECTION_READER, err) &&
        (options->blocking || thread_start(&r->thread, "store-reader", err)))
        return r;
    reader_free(r);
    return NULL;
}

void reader_stop(struct reader *r)
{
    if (r)
        thread_stop(&r->thread);
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    connection_close(&r->q);
    thread_done(&r->thread);
    free(r);
}

void reader_read(struct reader *r, struct read *read)
{
    if (r->options.blocking) {
        answer(r, read);
        return;
    }
    thread_lock(&r->thread);
    list_add(&r->reads, &read->message.link);
    thread_wake(&r->thread);
    thread_unlock(&r->thread);
}
