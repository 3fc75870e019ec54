/* SPDX-License-Identifier: MIT */
/* store_bench.c - what an order costs: `store_bench DATA [ORDERS] [IN_FLIGHT] [CHUNK_BYTES]
 * [MODE]`. MODE: whole (a run born finished, the default), session (the same with a session),
 * unique (with a claim), step (chunks of runs that exist). Prints one line: orders a second, and
 * processor time an order of the whole process and of the loop thread (what is left is the
 * writer's). DATA is a folder that may be filled. Links the store layer. */
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEP_RUNS = 256 };

struct bench {
    struct store *s;
    int orders, in_flight, chunk_bytes;
    const char *mode;
    int started, finished;
    char *bytes;
    char runs[STEP_RUNS][ID_BYTES];
    uint64_t seqs[STEP_RUNS];
    bool closed;
};

struct slot {
    struct bench *b;
    struct store_order o;
    struct store_accept in;
    char session[ID_BYTES];
};

static double cpu_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void fill_accept(struct slot *slot)
{
    struct bench *b = slot->b;
    slot->in = (struct store_accept){
        .project = TEXT("support"),
        .trigger = TEXT("refund"),
        .kind = TEXT("api"),
        .event =
            TEXT("{\"body\":{\"ticketId\":\"T-1234\",\"amount\":17.5,\"note\":\"please\"},"
                 "\"headers\":{\"content-type\":\"application/json\",\"user-agent\":\"bench\"},"
                 "\"kind\":\"api\",\"environment\":\"api\"}"),
        .seed = (uint64_t)b->started * 0x9e3779b97f4a7c15,
        .created_ms = clock_wall_ms(&clock_system),
    };
    if (strcmp(b->mode, "session") == 0) {
        id_make(slot->session, "ses", slot->in.created_ms);
        slot->in.session = text_of(slot->session);
    }
    if (strcmp(b->mode, "unique") == 0) {
        slot->in.unique = true;
        id_sha256(&b->started, sizeof b->started, slot->in.fingerprint);
    }
}

static void fill_whole(struct slot *slot)
{
    fill_accept(slot);
    int64_t now_ms = slot->in.created_ms;
    slot->o = (struct store_order){.accept = &slot->in, .first = 1, .count = 4};
    id_make(slot->o.run, "run", now_ms);
    slot->o.update.status = STORE_COMPLETED;
    slot->o.update.started_ms = slot->o.update.finished_ms = now_ms;
    slot->o.update.steps = 2;
    slot->o.update.result = TEXT("{\"reply\":\"your refund is on its way\",\"refunded\":true}");
}

static void fill_step(struct slot *slot)
{
    struct bench *b = slot->b;
    int run = b->started % STEP_RUNS;
    slot->o = (struct store_order){.first = b->seqs[run] + 1, .count = 2};
    memcpy(slot->o.run, b->runs[run], ID_BYTES);
    b->seqs[run] += 2;
}

static void on_done(struct store_order *o);

static void send_next(struct slot *slot)
{
    struct bench *b = slot->b;
    if (strcmp(b->mode, "step") == 0)
        fill_step(slot);
    else
        fill_whole(slot);
    slot->o.chunk = (struct text){b->bytes, (size_t)b->chunk_bytes};
    slot->o.done = on_done;
    slot->o.arg = slot;
    b->started++;
    store_write(b->s, &slot->o);
}

static void on_closed(void *arg)
{
    ((struct bench *)arg)->closed = true;
}

static void on_done(struct store_order *o)
{
    struct slot *slot = o->arg;
    struct bench *b = slot->b;
    if (o->outcome != STORE_DONE) {
        fprintf(stderr, "outcome %d: %s\n", o->outcome, o->err.text);
        exit(1);
    }
    b->finished++;
    if (b->started < b->orders)
        send_next(slot);
}

static void on_born(struct store_order *o)
{
    ++*(int *)o->arg;
}

static void bear_runs(struct bench *b, uv_loop_t *loop)
{
    static struct slot slots[STEP_RUNS];
    int born = 0;
    for (int i = 0; i < STEP_RUNS; i++) {
        slots[i].b = b;
        fill_accept(&slots[i]);
        slots[i].o = (struct store_order){.accept = &slots[i].in, .done = on_born, .arg = &born};
        id_make(slots[i].o.run, "run", slots[i].in.created_ms);
        memcpy(b->runs[i], slots[i].o.run, ID_BYTES);
        store_write(b->s, &slots[i].o);
    }
    while (born < STEP_RUNS)
        uv_run(loop, UV_RUN_ONCE);
}

static void measure(struct bench *b, uv_loop_t *loop)
{
    struct slot *slots = mem_zero((size_t)b->in_flight, sizeof *slots);
    int64_t start = clock_mono_us(&clock_system);
    double all = cpu_us(CLOCK_PROCESS_CPUTIME_ID), mine = cpu_us(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < b->in_flight; i++) {
        slots[i].b = b;
        send_next(&slots[i]);
    }
    while (b->finished < b->started)
        uv_run(loop, UV_RUN_ONCE);
    all = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - all;
    mine = cpu_us(CLOCK_THREAD_CPUTIME_ID) - mine;
    double seconds = (double)(clock_mono_us(&clock_system) - start) / 1e6;
    printf("%s: %d orders, %d in flight, chunks of %d bytes: %.0f/s, %.2f us of processor an order "
           "(loop %.2f, store threads %.2f)\n",
           b->mode, b->finished, b->in_flight, b->chunk_bytes, b->finished / seconds,
           all / b->finished, mine / b->finished, (all - mine) / b->finished);
    free(slots);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: store_bench DATA [ORDERS] [IN_FLIGHT] [CHUNK_BYTES] [MODE]\n");
        return 2;
    }
    static struct bench b;
    b.orders = argc > 2 ? atoi(argv[2]) : 100000;
    b.in_flight = argc > 3 ? atoi(argv[3]) : 32;
    b.chunk_bytes = argc > 4 ? atoi(argv[4]) : 400;
    b.mode = argc > 5 ? argv[5] : "whole";
    b.bytes = mem_zero(1, (size_t)b.chunk_bytes);
    memset(b.bytes, 'r', (size_t)b.chunk_bytes);
    uv_loop_t loop;
    struct error err;
    struct store_options options = {.data = argv[1], .loop = &loop};
    uv_loop_init(&loop);
    b.s = store_open(&options, &err);
    if (!b.s) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (strcmp(b.mode, "step") == 0)
        bear_runs(&b, &loop);
    measure(&b, &loop);
    store_close(b.s, on_closed, &b);
    while (!b.closed)
        uv_run(&loop, UV_RUN_ONCE);
    uv_loop_close(&loop);
    free(b.bytes);
    return 0;
}
