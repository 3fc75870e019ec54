/* SPDX-License-Identifier: MIT */
/* store_read_journal: a run's chunks from a sequence number on. */
#include "base/mem.h"
#include "store/sqlite/jobs.h"
#include "store/sqlite/query.h"
#include <stdlib.h>
#include <string.h>

/* However small the chunks, one read returns no more of them. */
enum { CHUNKS_MAX = 1024 };

struct read_journal {
    struct read_job job;
    char run[ID_BYTES];
    uint64_t from;
    size_t max_bytes;
    struct store_chunk *chunks; /* room for CHUNKS_MAX in steps, in keep */
    size_t count, room;
    uint64_t end;
    enum store_status status;
    store_journal_fn fn;
    void *arg;
};

/* num 0: no such run. */
static bool read_head(struct read_journal *r, struct sqlite *q, int64_t *num, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_JOURNAL_HEAD);
    query_text(&s, text_of(r->run));
    int step = query_step(&s, err);
    if (step > 0) {
        *num = query_column_int(&s, 0);
        r->end = (uint64_t)query_column_int(&s, 1);
        r->status = (enum store_status)query_column_int(&s, 2);
    }
    query_end(&s);
    return step >= 0;
}

static struct store_chunk *add_chunk(struct read_journal *r)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 16;
        struct store_chunk *chunks = keep_alloc(&r->job.keep, room * sizeof *chunks);
        if (r->count)
            memcpy(chunks, r->chunks, r->count * sizeof *chunks);
        r->chunks = chunks;
        r->room = room;
    }
    return &r->chunks[r->count++];
}

static bool read_chunks(struct read_journal *r, struct sqlite *q, int64_t num, struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_JOURNAL_READ);
    query_int(&s, num << JOURNAL_SEQ_BITS);
    query_int(&s, (int64_t)r->from);
    size_t bytes = 0;
    int step = 0;
    while (r->count < CHUNKS_MAX && (step = query_step(&s, err)) > 0) {
        uint64_t first = (uint64_t)query_column_int(&s, 0);
        uint32_t count = (uint32_t)query_column_int(&s, 1);
        struct text chunk = query_column_text(&s, 2);
        if (first + count <= r->from)
            continue; /* the last one, and it ends before */
        bytes += chunk.len;
        if (r->count > 0 && bytes > r->max_bytes)
            break;
        *add_chunk(r) = (struct store_chunk){first, count, keep_text(&r->job.keep, chunk)};
    }
    query_end(&s);
    return step >= 0;
}

static bool read_all(struct read_job *job, struct sqlite *q, struct error *err)
{
    struct read_journal *r = CONTAINER_OF(job, struct read_journal, job);
    int64_t num = 0;
    if (!read_head(r, q, &num, err))
        return false;
    return num == 0 || r->from > r->end || read_chunks(r, q, num, err);
}

static void deliver_journal(struct store *s, struct letter *letter)
{
    (void)s;
    struct read_journal *r = CONTAINER_OF(letter, struct read_journal, job.letter);
    if (r->job.failed)
        r->fn(r->arg, NULL, 0, 0, (enum store_status)0, &r->job.err);
    else
        r->fn(r->arg, r->chunks, r->count, r->end, r->status, NULL);
    keep_done(&r->job.keep);
    free(r);
}

void store_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                        store_journal_fn fn, void *arg)
{
    struct read_journal *r = mem_zero(1, sizeof *r);
    r->job.run = read_all;
    r->job.letter.deliver = deliver_journal;
    r->from = from ? from : 1;
    r->max_bytes = max_bytes;
    r->fn = fn;
    r->arg = arg;
    strncpy(r->run, run, sizeof r->run - 1);
    store_read(s, &r->job);
}
