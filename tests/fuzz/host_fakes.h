/* SPDX-License-Identifier: MIT */
/* host_fakes.h - stands in for what else lies around the engine in the target host: the runner
 * processes (two buffers), outgoing HTTP, API keys and secrets (there are none). The linker takes
 * these before the real ones. Owner: the target. Thread: one. */
#pragma once
#include "fake_store.h"

#include "base/json.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/runner_messages.h"
#include "secrets/vault.h"

enum { FAKE_RUNNERS = 2, FAKE_SEATS = 256 };

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
    struct pool_end end = {.why = why,
                           .culprit = culprit,
                           .kind = culprit ? STATUS_PAGE_RUN : STATUS_PAGE_IDLE,
                           .detail = "killed by signal 11",
                           .at = culprit % 2 ? "p/k.lua:1" : ""};
    fake_pool.o.lost(fake_pool.o.arg, runner, &end);
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
