/* SPDX-License-Identifier: MIT */
/* host_fakes.h - stands in for what lies around the engine in the target host: the store (in
 * memory, each order and read is carried out when the target says so), the runner processes (two
 * buffers), outgoing HTTP, API keys and secrets (there are none). The linker takes these before the
 * real ones. Owner: the target. Thread: one. */
#pragma once
#include "fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "domain/record.h"
#include "engine/engine.h"
#include "engine/frames.h"
#include "engine/vault.h"

enum { FAKE_RUNS = 32, FAKE_QUEUE = 4096, FAKE_RUNNERS = 2, FAKE_SEATS = 256 };

/* ---- the store */

struct fake_row {
    char id[ID_BYTES];
    struct store_run row;
    struct buf event, instruction, journal, said; /* said: the frames of its runner, for a replay */
};

struct fake_read {
    enum { READ_ROW, READ_JOURNAL, READ_VERSION, READ_DUE, READ_AUDITED, READ_SESSION } kind;
    char id[ID_BYTES];
    union {
        store_run_fn row;
        store_journal_fn journal;
        store_version_fn version;
        store_due_fn due;
        store_written_fn audited;
        store_session_fn session;
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

/* What is on disk must read back, record by record. */
static void fake_check_chunk(const struct store_order *o)
{
    struct text rest = o->chunk;
    struct record r;
    for (uint32_t i = 0; i < o->count; i++)
        FUZZ_CHECK(record_next(&rest, &r), "record %u of %u", i, o->count);
    FUZZ_CHECK(rest.len == 0, "%zu bytes behind the records", rest.len);
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
    if (outcome == STORE_DONE)
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
    else if (r.kind == READ_VERSION)
        r.fn.version(r.arg, fails ? TEXT_NONE : buf_view(&s->version), why);
    else if (r.kind == READ_ROW && fails)
        r.fn.row(r.arg, NULL, why);
    else if (r.kind == READ_JOURNAL && fails)
        r.fn.journal(r.arg, NULL, 0, 0, 0, why);
    else if (r.kind == READ_ROW)
        fake_read_row(&r);
    else
        fake_read_journal(&r);
    return true;
}

/* ---- the runners */

struct fake_seat { /* a run that was started on a runner, and not dropped */
    uint64_t tag;
    unsigned runner;
    char id[ID_BYTES];
    bool fresh; /* not a replay */
};

struct pool {
    struct pool_options o;
    struct buf out[FAKE_RUNNERS];
    struct fake_seat seats[FAKE_SEATS];
    size_t seat_count;
    uint64_t loading[FAKE_RUNNERS][16];
    size_t loading_count[FAKE_RUNNERS];
};

static struct pool fake_pool;

struct pool *pool_new(const struct pool_options *options, struct error *err)
{
    (void)err;
    fake_pool.o = *options;
    for (int i = 0; i < FAKE_RUNNERS; i++)
        buf_init(&fake_pool.out[i], 1 << 30);
    return &fake_pool;
}

unsigned pool_count(const struct pool *p)
{
    (void)p;
    return FAKE_RUNNERS;
}

struct buf *pool_out(struct pool *p, unsigned runner)
{
    FUZZ_CHECK(runner < FAKE_RUNNERS, "runner %u", runner);
    return &p->out[runner];
}

static void fake_leave(uint64_t tag)
{
    for (size_t i = 0; i < fake_pool.seat_count; i++)
        if (fake_pool.seats[i].tag == tag)
            fake_pool.seats[i] = fake_pool.seats[--fake_pool.seat_count];
}

static void fake_sit(unsigned runner, const struct frame *f)
{
    struct frame_reader in;
    struct frame_start s;
    frame_read(&in, f);
    frame_get_start(&in, &s);
    FUZZ_CHECK(frame_read_ok(&in), "a broken START");
    FUZZ_CHECK(fake_pool.seat_count < FAKE_SEATS, "no seat");
    struct fake_seat *seat = &fake_pool.seats[fake_pool.seat_count++];
    *seat = (struct fake_seat){.tag = f->tag, .runner = runner, .fresh = s.admit};
    snprintf(seat->id, sizeof seat->id, "%.*s", (int)s.run_id.len, s.run_id.data);
}

/* What the host says to a runner must be frames that it can read. */
static void fake_take(unsigned runner, const struct frame *f)
{
    struct frame_reader in;
    struct error err;
    frame_read(&in, f);
    if (f->type == FRAME_START) {
        fake_sit(runner, f);
    } else if (f->type == FRAME_DROP) {
        fake_leave(f->tag);
    } else if (f->type == FRAME_LOAD) {
        if (fake_pool.loading_count[runner] < 16)
            fake_pool.loading[runner][fake_pool.loading_count[runner]++] = f->tag;
    } else if (f->type == FRAME_ANSWER) {
        frame_get_u64(&in);
        frame_get_u32(&in);
        frame_get_u8(&in);
        cJSON *tree = json_parse(frame_get_bytes(&in), &err);
        FUZZ_CHECK(tree && frame_read_ok(&in), "a broken ANSWER: %s", err.text);
        cJSON_Delete(tree);
    } else {
        FUZZ_CHECK(f->type == FRAME_UNLOAD, "frame %u to a runner", f->type);
    }
}

void pool_flush(struct pool *p)
{
    for (unsigned i = 0; i < FAKE_RUNNERS; i++) {
        size_t at = 0, used;
        struct frame f;
        while (at < p->out[i].len) {
            FUZZ_CHECK(frame_next(p->out[i].data + at, p->out[i].len - at, &f, &used) == 1,
                       "a broken frame to a runner");
            fake_take(i, &f);
            at += used;
        }
        buf_clear(&p->out[i]);
    }
}

bool pool_ready(const struct pool *p)
{
    (void)p;
    return true;
}

int pool_pid(const struct pool *p, unsigned runner)
{
    (void)p;
    return (int)runner + 1;
}

void pool_close(struct pool *p, void (*closed)(void *arg), void *arg)
{
    (void)p;
    (void)closed;
    (void)arg;
    abort();
}

static void fake_lose(unsigned runner, enum pool_loss why, uint64_t culprit)
{
    buf_clear(&fake_pool.out[runner]);
    fake_pool.loading_count[runner] = 0;
    for (size_t i = 0; i < fake_pool.seat_count;)
        if (fake_pool.seats[i].runner == runner)
            fake_pool.seats[i] = fake_pool.seats[--fake_pool.seat_count];
        else
            i++;
    fake_pool.o.lost(fake_pool.o.arg, runner, why, culprit, culprit ? BOARD_RUN : BOARD_IDLE,
                     "killed by signal 11");
}

/* What breaks the contract costs the runner its life. */
static void fake_say(unsigned runner, enum frame_type type, uint64_t tag, struct text payload)
{
    char *copy = fuzz_copy(payload);
    struct frame f = {.type = (uint8_t)type, .tag = tag, .payload = {copy, payload.len}};
    if (!fake_pool.o.frame(fake_pool.o.arg, runner, &f))
        fake_lose(runner, POOL_BROKE, tag);
    free(copy);
}

/* ---- outgoing HTTP */

struct http_call {
    http_fn fn;
    void *arg;
};

struct http {
    struct http_call *calls[FAKE_SEATS];
    size_t count;
};

static struct http fake_http;

struct http *http_new(uv_loop_t *loop, const cJSON *egress_allow, struct error *err)
{
    (void)loop;
    (void)egress_allow;
    (void)err;
    return &fake_http;
}

struct http_call *http_start(struct http *h, const struct http_request *request, http_fn fn,
                             void *arg)
{
    FUZZ_CHECK(h->count < FAKE_SEATS && request->url && request->method, "a call");
    struct http_call *call = mem_alloc(sizeof *call);
    *call = (struct http_call){fn, arg};
    h->calls[h->count++] = call;
    return call;
}

static struct http_call *fake_hang_up(size_t which)
{
    struct http_call *call = fake_http.calls[which];
    fake_http.calls[which] = fake_http.calls[--fake_http.count];
    return call;
}

void http_cancel(struct http_call *call)
{
    for (size_t i = 0; i < fake_http.count; i++)
        if (fake_http.calls[i] == call) {
            free(fake_hang_up(i));
            return;
        }
    FUZZ_CHECK(false, "a call that is over is cancelled");
}

static void fake_answer(size_t which, const struct http_answer *answer)
{
    struct http_call *call = fake_hang_up(which), copy = *call;
    free(call);
    copy.fn(copy.arg, answer);
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
    (void)h;
    (void)closed;
    (void)arg;
    abort();
}

/* ---- keys and secrets */

bool keyring_open(struct keyring *k, uv_loop_t *loop, struct timers *timers, struct store *store,
                  const char *data, struct error *err)
{
    (void)loop;
    (void)timers;
    (void)store;
    (void)data;
    (void)err;
    k->loaded = true;
    return true;
}

void keyring_close(struct keyring *k, void (*closed)(void *arg), void *arg)
{
    (void)k;
    (void)closed;
    (void)arg;
    abort();
}

struct vault *vault_open(uv_loop_t *loop, struct store *store, const char *data, struct error *err)
{
    (void)loop;
    (void)store;
    (void)data;
    (void)err;
    return (struct vault *)&fake_store;
}

void vault_close(struct vault *v, void (*closed)(void *arg), void *arg)
{
    (void)v;
    (void)closed;
    (void)arg;
    abort();
}

const struct secret *vault_find(const struct vault *v, struct text name)
{
    (void)v;
    (void)name;
    return NULL;
}

bool vault_scrub(const struct vault *v, struct text in, struct buf *out)
{
    (void)v;
    (void)in;
    (void)out;
    return false;
}

const char *secret_hosts(const struct secret *s)
{
    (void)s;
    abort();
}

size_t secret_bytes(const struct secret *s)
{
    (void)s;
    abort();
}

void secret_write(const struct secret *s, enum secret_form form, struct buf *out)
{
    (void)s;
    (void)form;
    (void)out;
    abort();
}

void secret_scrub(const struct secret *s, struct scrub *into)
{
    (void)s;
    (void)into;
    abort();
}
