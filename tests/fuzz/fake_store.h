/* SPDX-License-Identifier: MIT */
/* fake_store.h - the store in memory, for the target host: each order and each read is carried out
 * when the target says so, and fails when it says so. What is written must read back, with sequence
 * numbers that go on from one to the next. Owner: the target. Thread: one. */
#pragma once
#include "fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "domain/record.h"
#include "store/store.h"

enum { FAKE_RUNS = 32, FAKE_QUEUE = 4096, FAKE_LETTERS = 8 };

struct fake_row {
    char id[ID_BYTES];
    struct store_run row;
    struct buf event, instruction, journal, said; /* said: the frames of its runner, for a replay */
    int64_t letters[FAKE_LETTERS];                /* ids of the rows in its inbox */
    size_t letter_count;
};

struct fake_read {
    enum {
        READ_ROW,
        READ_INBOX,
        READ_JOURNAL,
        READ_VERSION,
        READ_DUE,
        READ_AUDITED,
        READ_SESSION,
        READ_REPEAT
    } kind;
    char id[ID_BYTES];
    int64_t after;
    union {
        store_run_fn row;
        store_inbox_fn inbox;
        store_journal_fn journal;
        store_version_fn version;
        store_due_fn due;
        store_written_fn audited;
        store_session_fn session;
        store_repeat_fn repeat;
    } fn;
    void *arg;
};

struct store {
    struct fake_row rows[FAKE_RUNS];
    size_t count;
    struct store_order *orders[FAKE_QUEUE];
    struct fake_read reads[FAKE_QUEUE];
    size_t first_order, end_order, first_read, end_read;
    struct buf version; /* the last one kept */
    int64_t letters;    /* rows put in inboxes so far */
};

struct fake_put {
    struct store_order order;
    struct store_inbox row;
    store_inbox_put_fn fn;
    void *arg;
};

static struct store fake_store;

struct store *store_open(const struct store_options *options, struct error *err)
{
    (void)options;
    (void)err;
    return &fake_store;
}

void store_close(struct store *s, void (*closed)(void *arg), void *arg)
{
    (void)s;
    (void)closed;
    (void)arg;
    abort(); /* the target's engine is never closed */
}

static struct fake_row *fake_row(const char *id)
{
    for (size_t i = 0; i < fake_store.count; i++)
        if (strcmp(fake_store.rows[i].id, id) == 0)
            return &fake_store.rows[i];
    return NULL;
}

void store_write(struct store *s, struct store_order *order)
{
    FUZZ_CHECK(s->end_order < FAKE_QUEUE, "too many orders");
    s->orders[s->end_order++] = order;
}

static void fake_read(struct fake_read r)
{
    FUZZ_CHECK(fake_store.end_read < FAKE_QUEUE, "too many reads");
    fake_store.reads[fake_store.end_read++] = r;
}

void store_get_run(struct store *s, const char *run, store_run_fn fn, void *arg)
{
    (void)s;
    struct fake_read r = {.kind = READ_ROW, .fn.row = fn, .arg = arg};
    snprintf(r.id, sizeof r.id, "%s", run);
    fake_read(r);
}

static void fake_put_done(struct store_order *order)
{
    struct fake_put *p = order->arg;
    const struct error *err = order->outcome == STORE_BROKEN ? &order->err : NULL;
    p->fn(p->arg, order->outcome, order->inbox_id, order->ended, err);
    free(p);
}

void store_inbox_put(struct store *s, const struct store_inbox *row, store_inbox_put_fn fn,
                     void *arg)
{
    struct fake_put *p = mem_zero(1, sizeof *p);
    *p = (struct fake_put){.row = *row, .fn = fn, .arg = arg};
    snprintf(p->order.run, sizeof p->order.run, "%s", row->run);
    p->order.inbox = &p->row;
    p->order.done = fake_put_done;
    p->order.arg = p;
    store_write(s, &p->order);
}

void store_read_inbox(struct store *s, const char *run, int64_t after, store_inbox_fn fn, void *arg)
{
    (void)s;
    struct fake_read r = {.kind = READ_INBOX, .after = after, .fn.inbox = fn, .arg = arg};
    snprintf(r.id, sizeof r.id, "%s", run);
    fake_read(r);
}

void store_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                       void *arg)
{
    (void)s;
    (void)wanted;
    fake_read((struct fake_read){.kind = READ_REPEAT, .fn.repeat = fn, .arg = arg});
}

void store_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                        store_journal_fn fn, void *arg)
{
    (void)s;
    (void)from;
    (void)max_bytes;
    struct fake_read r = {.kind = READ_JOURNAL, .fn.journal = fn, .arg = arg};
    snprintf(r.id, sizeof r.id, "%s", run);
    fake_read(r);
}

void store_get_version(struct store *s, const unsigned char hash[SHA256_BYTES], store_version_fn fn,
                       void *arg)
{
    (void)s;
    (void)hash;
    fake_read((struct fake_read){.kind = READ_VERSION, .fn.version = fn, .arg = arg});
}

void store_due(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
               store_due_fn fn, void *arg)
{
    (void)s;
    (void)now_ms;
    (void)unfinished;
    (void)after;
    (void)limit;
    fake_read((struct fake_read){.kind = READ_DUE, .fn.due = fn, .arg = arg});
}

void store_list_pauses(struct store *s, store_pauses_fn fn, void *arg)
{
    (void)s;
    fn(arg, NULL, 0, NULL);
}

void store_audit(struct store *s, const struct store_audit *a, store_written_fn done, void *arg)
{
    (void)s;
    (void)a;
    if (done)
        fake_read((struct fake_read){.kind = READ_AUDITED, .fn.audited = done, .arg = arg});
}

void store_read_session(struct store *s, struct text project, struct text session, uint32_t limit,
                        store_session_fn fn, void *arg)
{
    (void)s;
    (void)project;
    (void)session;
    (void)limit;
    fake_read((struct fake_read){.kind = READ_SESSION, .fn.session = fn, .arg = arg});
}

void store_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                       void *arg)
{
    (void)s;
    (void)turn;
    fake_read((struct fake_read){.kind = READ_AUDITED, .fn.audited = done, .arg = arg});
}

void store_put_version(struct store *s, const unsigned char hash[SHA256_BYTES], struct text project,
                       struct text trigger, struct text bundle, store_written_fn done, void *arg)
{
    (void)hash;
    (void)project;
    (void)trigger;
    buf_clear(&s->version);
    s->version.max = SIZE_MAX / 2;
    buf_text(&s->version, bundle);
    if (done)
        done(arg, NULL);
}

static void fake_keep(struct buf *b, struct text t)
{
    buf_clear(b);
    b->max = SIZE_MAX / 2;
    buf_text(b, t);
}

static struct fake_row *fake_birth(const struct store_order *o)
{
    FUZZ_CHECK(fake_store.count < FAKE_RUNS && !fake_row(o->run), "a run is born twice");
    struct fake_row *r = &fake_store.rows[fake_store.count++];
    memset(&r->row, 0, sizeof r->row);
    snprintf(r->id, sizeof r->id, "%s", o->run);
    snprintf(r->row.run, sizeof r->row.run, "%s", o->run);
    fake_keep(&r->event, o->accept->event);
    fake_keep(&r->instruction, o->accept->instruction.data ? o->accept->instruction : TEXT(""));
    fake_keep(&r->journal, TEXT(""));
    memcpy(r->row.version, o->accept->version, SHA256_BYTES);
    r->row.seed = o->accept->seed;
    r->row.created_ms = o->accept->created_ms;
    r->row.status = STORE_RUNNING;
    return r;
}

/* What is on disk must read back, record by record, and go into events as it is. */
static void fake_check_chunk(const struct store_order *o)
{
    struct text rest = o->chunk;
    struct record r;
    for (uint32_t i = 0; i < o->count; i++) {
        FUZZ_CHECK(record_next(&rest, &r), "record %u of %u", i, o->count);
        FUZZ_CHECK(!r.data.data || json_is_value(r.data, JSON_DEPTH_OUT), "record %u: no JSON", i);
    }
    FUZZ_CHECK(rest.len == 0, "%zu bytes behind the records", rest.len);
}

/* The rows that were taken go, and all of them with the end. */
static void fake_drop_letters(struct fake_row *r, int64_t taken)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->letter_count; i++)
        if (r->letters[i] > taken && !store_status_final(r->row.status))
            r->letters[kept++] = r->letters[i];
    r->letter_count = kept;
}

static void fake_apply(const struct store_order *o)
{
    struct fake_row *r = o->accept ? fake_birth(o) : fake_row(o->run);
    FUZZ_CHECK(r, "an order of a run that is not born");
    FUZZ_CHECK(!store_status_final(r->row.status), "an order of a run that has ended");
    FUZZ_CHECK(o->count == 0 || o->first == r->row.seq + 1, "records from %llu behind %llu",
               (unsigned long long)o->first, (unsigned long long)r->row.seq);
    fake_check_chunk(o);
    buf_text(&r->journal, o->count ? o->chunk : TEXT(""));
    r->row.seq += o->count;
    if (o->update.status)
        r->row.status = o->update.status;
    if (o->update.steps)
        r->row.steps = o->update.steps;
    if (o->update.instruction.data)
        fake_keep(&r->instruction, o->update.instruction);
    fake_drop_letters(r, o->inbox_taken);
}

static void fake_apply_put(struct store_order *o)
{
    struct fake_row *r = fake_row(o->run);
    if (!r)
        o->outcome = STORE_NO_RUN;
    else if (store_status_final(r->row.status))
        o->outcome = STORE_ENDED;
    else if (r->letter_count == FAKE_LETTERS)
        o->outcome = STORE_FULL;
    else
        r->letters[r->letter_count++] = o->inbox_id = ++fake_store.letters;
}

/* Carries out the oldest order; false: there is none. */
static bool fake_write_one(enum store_outcome outcome)
{
    struct store *s = &fake_store;
    if (s->first_order == s->end_order) {
        s->first_order = s->end_order = 0;
        return false;
    }
    struct store_order *o = s->orders[s->first_order++];
    o->outcome = outcome;
    if (outcome == STORE_DONE && o->inbox)
        fake_apply_put(o);
    else if (outcome == STORE_DONE)
        fake_apply(o);
    else
        error_set(&o->err, ERROR_IO, "the disk is full");
    o->done(o);
    return true;
}

static void fake_read_row(const struct fake_read *r)
{
    struct fake_row *f = fake_row(r->id);
    if (f) {
        f->row.event = buf_view(&f->event);
        f->row.instruction = f->instruction.len ? buf_view(&f->instruction) : TEXT_NONE;
        f->row.project = f->row.trigger = f->row.kind = f->row.session = TEXT("p");
        f->row.result = TEXT("null");
    }
    r->fn.row(r->arg, f ? &f->row : NULL, NULL);
}

static void fake_read_inbox(const struct fake_read *r)
{
    struct fake_row *f = fake_row(r->id);
    struct store_inbox rows[FAKE_LETTERS];
    size_t count = 0;
    for (size_t i = 0; f && i < f->letter_count; i++)
        if (f->letters[i] > r->after)
            rows[count++] =
                (struct store_inbox){.id = f->letters[i], .run = r->id, .kind = TEXT("cancel")};
    r->fn.inbox(r->arg, rows, count, NULL);
}

static void fake_read_journal(const struct fake_read *r)
{
    struct fake_row *f = fake_row(r->id);
    struct store_chunk chunk = {.first = 1};
    if (f) {
        chunk.count = (uint32_t)f->row.seq;
        chunk.bytes = buf_view(&f->journal);
    }
    r->fn.journal(r->arg, &chunk, chunk.count > 0, chunk.count, f ? f->row.status : 0, NULL);
}

/* Answers the oldest read; false: there is none. */
static bool fake_read_one(bool fails)
{
    struct store *s = &fake_store;
    struct error err;
    if (s->first_read == s->end_read) {
        s->first_read = s->end_read = 0;
        return false;
    }
    struct fake_read r = s->reads[s->first_read++];
    error_set(&err, ERROR_IO, "the disk is gone");
    const struct error *why = fails ? &err : NULL;
    if (r.kind == READ_DUE)
        r.fn.due(r.arg, NULL, 0, 0, why);
    else if (r.kind == READ_AUDITED)
        r.fn.audited(r.arg, why);
    else if (r.kind == READ_SESSION)
        r.fn.session(r.arg, NULL, 0, why);
    else if (r.kind == READ_REPEAT)
        r.fn.repeat(r.arg, fails ? STORE_BROKEN : STORE_DONE, "", why);
    else if (r.kind == READ_VERSION)
        r.fn.version(r.arg, fails ? TEXT_NONE : buf_view(&s->version), why);
    else if (r.kind == READ_ROW && fails)
        r.fn.row(r.arg, NULL, why);
    else if (r.kind == READ_JOURNAL && fails)
        r.fn.journal(r.arg, NULL, 0, 0, 0, why);
    else if (r.kind == READ_INBOX && fails)
        r.fn.inbox(r.arg, NULL, 0, why);
    else if (r.kind == READ_INBOX)
        fake_read_inbox(&r);
    else if (r.kind == READ_ROW)
        fake_read_row(&r);
    else
        fake_read_journal(&r);
    return true;
}
