/* SPDX-License-Identifier: MIT */
#include "fakes/pool.h"
#include "base/json.h"
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool fake_pool;

/* ---- engine/pool.h */

struct pool *pool_new(const struct pool_options *options, struct error *err)
{
    (void)err;
    assert(options->count > 0 && options->count <= POOL_RUNNERS);
    memset(&fake_pool, 0, sizeof fake_pool);
    fake_pool.o = *options;
    for (unsigned i = 0; i < options->count; i++)
        buf_init(&fake_pool.out[i], 1 << 30);
    return &fake_pool;
}

unsigned pool_count(const struct pool *p)
{
    return p->o.count;
}

struct buf *pool_out(struct pool *p, unsigned runner)
{
    assert(runner < p->o.count);
    return &p->out[runner];
}

bool pool_ready(const struct pool *p)
{
    return !p->starting;
}

int pool_pid(const struct pool *p, unsigned runner)
{
    assert(runner < p->o.count);
    return (int)runner + 1;
}

void pool_close(struct pool *p, void (*closed)(void *arg), void *arg)
{
    fake_pool_forget();
    free(p->sent);
    for (unsigned i = 0; i < p->o.count; i++)
        buf_done(&p->out[i]);
    memset(p, 0, sizeof *p);
    if (closed)
        closed(arg);
}

/* ---- what the host sends */

static void leave(uint64_t tag)
{
    for (size_t i = 0; i < fake_pool.seat_count; i++)
        if (fake_pool.seats[i].tag == tag)
            fake_pool.seats[i] = fake_pool.seats[--fake_pool.seat_count];
}

static void take_start(unsigned runner, const struct frame *f)
{
    struct frame_reader in;
    struct frame_start s;
    frame_read(&in, f);
    frame_get_start(&in, &s);
    assert(frame_read_ok(&in));
    assert(fake_pool.seat_count < FAKE_POOL_SEATS);
    struct fake_seat *seat = &fake_pool.seats[fake_pool.seat_count++];
    *seat = (struct fake_seat){.tag = f->tag, .runner = runner, .fresh = s.admit};
    snprintf(seat->run, sizeof seat->run, "%.*s", (int)s.run_id.len, s.run_id.data);
}

static void take_load(unsigned runner, const struct frame *f)
{
    struct frame_reader in;
    frame_read(&in, f);
    uint32_t files = frame_get_u32(&in);
    struct text path = frame_get_bytes(&in);
    frame_get_bytes(&in);
    for (uint32_t i = 1; i < files; i++) {
        frame_get_bytes(&in);
        frame_get_bytes(&in);
    }
    assert(files > 0 && frame_read_ok(&in));
    if (fake_pool.load_count == FAKE_POOL_LOADS) /* the test does not look at them */
        memmove(fake_pool.loads, fake_pool.loads + 1,
                --fake_pool.load_count * sizeof fake_pool.loads[0]);
    struct fake_load *l = &fake_pool.loads[fake_pool.load_count++];
    *l = (struct fake_load){.tag = f->tag, .runner = runner};
    snprintf(l->path, sizeof l->path, "%.*s", (int)path.len, path.data);
}

static void take_answer(const struct frame *f)
{
    struct frame_reader in;
    struct error err;
    frame_read(&in, f);
    frame_get_u64(&in);
    frame_get_u32(&in);
    frame_get_u8(&in);
    cJSON *tree = json_parse(frame_get_bytes(&in), &err);
    assert(tree && frame_read_ok(&in));
    cJSON_Delete(tree);
}

static void keep(unsigned runner, const struct frame *f)
{
    struct pool *p = &fake_pool;
    if (p->sent_count == p->sent_cap) {
        p->sent_cap = p->sent_cap ? p->sent_cap * 2 : 64;
        p->sent = mem_grow(p->sent, p->sent_cap * sizeof *p->sent);
    }
    p->sent[p->sent_count++] = (struct fake_frame){
        runner, f->type, f->tag, {mem_text_n(f->payload.data, f->payload.len), f->payload.len}};
}

static void take(unsigned runner, const struct frame *f)
{
    keep(runner, f);
    if (f->type == FRAME_START)
        take_start(runner, f);
    else if (f->type == FRAME_LOAD)
        take_load(runner, f);
    else if (f->type == FRAME_ANSWER)
        take_answer(f);
    else if (f->type == FRAME_DROP)
        leave(f->tag);
    else
        assert(f->type == FRAME_UNLOAD);
}

void pool_flush(struct pool *p)
{
    for (unsigned i = 0; i < p->o.count; i++) {
        size_t at = 0, used;
        struct frame f;
        while (at < p->out[i].len) {
            int found = frame_next(p->out[i].data + at, p->out[i].len - at, &f, &used);
            assert(found == 1);
            take(i, &f);
            at += used;
        }
        buf_clear(&p->out[i]);
    }
}

const struct fake_frame *fake_pool_sent(enum frame_type type, uint64_t tag)
{
    for (size_t i = fake_pool.sent_count; i-- > 0;)
        if (fake_pool.sent[i].type == type && (!tag || fake_pool.sent[i].tag == tag))
            return &fake_pool.sent[i];
    return NULL;
}

size_t fake_pool_count(enum frame_type type, uint64_t tag)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_pool.sent_count; i++)
        count += fake_pool.sent[i].type == type && (!tag || fake_pool.sent[i].tag == tag);
    return count;
}

void fake_pool_forget(void)
{
    for (size_t i = 0; i < fake_pool.sent_count; i++)
        free((char *)fake_pool.sent[i].payload.data);
    fake_pool.sent_count = 0;
}

const struct fake_seat *fake_pool_seat(const char *run)
{
    for (size_t i = 0; i < fake_pool.seat_count; i++)
        if (strcmp(fake_pool.seats[i].run, run) == 0)
            return &fake_pool.seats[i];
    return NULL;
}

/* ---- what the runners say */

void fake_pool_lose(unsigned runner, enum pool_loss why, uint64_t culprit)
{
    struct pool *p = &fake_pool;
    buf_clear(&p->out[runner]);
    for (size_t i = p->load_count; i-- > 0;)
        if (p->loads[i].runner == runner)
            memmove(&p->loads[i], &p->loads[i + 1], (--p->load_count - i) * sizeof p->loads[0]);
    for (size_t i = p->seat_count; i-- > 0;)
        if (p->seats[i].runner == runner)
            p->seats[i] = p->seats[--p->seat_count];
    struct pool_end end = {
        .why = why,
        .culprit = culprit,
        .kind = culprit ? STATUS_PAGE_RUN : STATUS_PAGE_IDLE,
        .detail = "killed by signal 11",
        .at = culprit % 2 ? "p/k.lua:1" : "",
    };
    p->o.lost(p->o.arg, runner, &end);
}

bool fake_pool_say_raw(unsigned runner, enum frame_type type, uint64_t tag, struct text payload)
{
    char *copy = mem_alloc(payload.len ? payload.len : 1); /* so that reading on is seen */
    memcpy(copy, payload.data ? payload.data : "", payload.len);
    struct frame f = {.type = (uint8_t)type, .tag = tag, .payload = {copy, payload.len}};
    bool fine = fake_pool.o.frame(fake_pool.o.arg, runner, &f);
    free(copy);
    if (!fine)
        fake_pool_lose(runner, POOL_BROKE, tag);
    return fine;
}

bool fake_pool_say(uint64_t tag, enum frame_type type, const char *fields, ...)
{
    struct buf b;
    va_list args;
    unsigned runner = 0;
    for (size_t i = 0; i < fake_pool.seat_count; i++)
        if (fake_pool.seats[i].tag == tag)
            runner = fake_pool.seats[i].runner;
    if (type == FRAME_DROPPED || type == FRAME_FINISHED || type == FRAME_FAILED)
        leave(tag);
    buf_init(&b, FRAME_MAX);
    va_start(args, fields);
    for (const char *f = fields; *f; f++) {
        const char *text = *f == 't' ? va_arg(args, const char *) : NULL;
        if (*f == 'b')
            frame_put_u8(&b, (uint8_t)va_arg(args, int));
        else if (*f == 'u')
            frame_put_u32(&b, (uint32_t)va_arg(args, int));
        else
            frame_put_bytes(&b, text ? text_of(text) : TEXT_NONE);
    }
    va_end(args);
    bool fine = fake_pool_say_raw(runner, type, tag, buf_view(&b));
    buf_done(&b);
    return fine;
}

bool fake_pool_next_load(struct fake_load *l)
{
    if (fake_pool.load_count == 0)
        return false;
    *l = fake_pool.loads[0];
    memmove(fake_pool.loads, fake_pool.loads + 1,
            --fake_pool.load_count * sizeof fake_pool.loads[0]);
    return true;
}

size_t fake_pool_load_all(const char *manifest)
{
    struct fake_load l;
    struct buf b;
    size_t count = 0;
    buf_init(&b, FRAME_MAX);
    frame_put_bytes(&b, text_of(manifest));
    for (; fake_pool_next_load(&l); count++)
        fake_pool_say_raw(l.runner, FRAME_LOADED, l.tag, buf_view(&b));
    buf_done(&b);
    return count;
}
