/* SPDX-License-Identifier: MIT */
#include "store/sqlite/journal.h"

#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"
#include <string.h>

enum { CHUNK_MAX_BYTES = 8 << 20 };

static const char chunk_insert[] = "INSERT INTO journal(pos, count, bytes) VALUES(?1, ?2, ?3)";
static const char run_head[] = "SELECT num, " JOURNAL_LAST_SEQ ", status FROM run WHERE run = ?1";
/* ?1: number << 24, ?2: wanted sequence number. The chunk that holds it may begin before it. */
static const char chunks_from[] =
    "SELECT pos & 16777215, count, bytes FROM journal"
    " WHERE pos >= coalesce((SELECT pos FROM journal WHERE pos > ?1 AND pos <= ?1 + ?2"
    " ORDER BY pos DESC LIMIT 1), ?1) AND pos < ?1 + 16777216 ORDER BY pos";

/* ---- writing */

bool journal_check(const struct store_order *o, uint64_t last, struct error *err)
{
    if (o->count == 0)
        return true;
    if (o->first != last + 1)
        return error_set(err, ERROR_INTERNAL, "run %s: a chunk begins at %llu, expected %llu",
                         o->run, (unsigned long long)o->first, (unsigned long long)last + 1);
    if (o->first + o->count - 1 > JOURNAL_SEQ_MAX)
        return error_set(err, ERROR_LIMIT, "run %s: more than %llu journal records", o->run,
                         (unsigned long long)JOURNAL_SEQ_MAX);
    if (o->chunk.len > CHUNK_MAX_BYTES)
        return error_set(err, ERROR_LIMIT, "run %s: a chunk of %zu bytes, more than %d", o->run,
                         o->chunk.len, CHUNK_MAX_BYTES);
    return true;
}

bool journal_insert(struct connection *q, const struct store_order *o, int64_t num,
                    struct error *err)
{
    if (o->count == 0)
        return true;
    struct query s;
    query_begin(&s, q, chunk_insert);
    query_int(&s, num << JOURNAL_SEQ_BITS | (int64_t)o->first);
    query_int(&s, o->count);
    query_blob(&s, o->chunk.data, o->chunk.len);
    return query_do(&s, err);
}

/* ---- reading */

/* However small the chunks, one read returns no more of them. */
enum { CHUNKS_MAX = 1024 };

struct journal_read {
    struct read read;
    char run[ID_BYTES];
    uint64_t from;
    size_t max_bytes;
    struct store_chunk *chunks; /* in `read.keep` */
    size_t count, room;
    uint64_t end;
    enum store_status status;
    store_journal_fn fn;
    void *arg;
};

/* num 0: no such run. */
static bool read_head(struct journal_read *r, struct connection *q, int64_t *num, struct error *err)
{
    struct query s;
    query_begin(&s, q, run_head);
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

static bool read_chunks(struct journal_read *r, struct connection *q, int64_t num,
                        struct error *err)
{
    struct query s;
    query_begin(&s, q, chunks_from);
    query_int(&s, num << JOURNAL_SEQ_BITS);
    query_int(&s, (int64_t)r->from);
    struct keep *k = &r->read.keep;
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
        r->chunks = keep_more(k, r->chunks, r->count, &r->room, sizeof *r->chunks);
        r->chunks[r->count++] = (struct store_chunk){first, count, keep_text(k, chunk)};
    }
    query_end(&s);
    return step >= 0;
}

static bool read_journal(struct read *read, struct connection *q, struct error *err)
{
    struct journal_read *r = CONTAINER_OF(read, struct journal_read, read);
    int64_t num = 0;
    if (!read_head(r, q, &num, err))
        return false;
    return num == 0 || r->from > r->end || read_chunks(r, q, num, err);
}

static void answer_journal(struct read *read)
{
    struct journal_read *r = CONTAINER_OF(read, struct journal_read, read);
    if (read->failed)
        r->fn(r->arg, NULL, 0, 0, (enum store_status)0, &read->err);
    else
        r->fn(r->arg, r->chunks, r->count, r->end, r->status, NULL);
}

void sqlite_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                         store_journal_fn fn, void *arg)
{
    struct journal_read *r = mem_zero(1, sizeof *r);
    r->read.run = read_journal;
    r->read.answer = answer_journal;
    r->from = from ? from : 1;
    r->max_bytes = max_bytes;
    r->fn = fn;
    r->arg = arg;
    strncpy(r->run, run, sizeof r->run - 1);
    read_start(s, &r->read);
}
