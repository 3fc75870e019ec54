/* SPDX-License-Identifier: MIT */
/* runner_bench - CPU time of one run in the runner, from its START frame to its last, without the
 * socket: loaded anew each time, and from an image. Also the memory of parked runs. Prints one line
 * a measurement, microseconds a run. Built as build/tests/bench_runner; tests/bench/run.sh runs it.
 */
#include "base/clock.h"
#include "runner/run/script_run.h"
#include "runner/vm/tick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 64, PARKED = 1000 };

struct bench_script {
    const char *name, *source;
    bool parks;
};

static const struct bench_script scripts[] = {
    {"hello", "return trigger { run = function(event) return { hello = event.body.name } end }",
     false},
    {"template and 3 records",
     "return trigger { instruction = 'Help {{name}} with {{ticket}}',\n"
     "  run = function(event, flow)\n"
     "    for i = 1, 3 do flow.log('step ' .. i, { n = i }) end\n"
     "    return { text = event.instruction } end }",
     false},
    {"filter function",
     "return trigger { filter = function(e) return e.body.amount < 100, 'too much' end,\n"
     "  run = function(event) return event.body.amount * 2 end }",
     false},
    {"sleep", "return trigger { run = function(event, flow) flow.sleep '1h' end }", true},
};

static const char event[] =
    "{\"body\":{\"name\":\"Ada\",\"ticket\":\"T-17\",\"amount\":42,\"customer\":{\"tier\":\"gold\"}},"
    "\"kind\":\"api\",\"environment\":\"api\",\"headers\":{\"content-type\":\"application/json\"}}";

static void put_start(struct buf *in, uint64_t run)
{
    struct frame_start s = {
        .version = 1,
        .seed = run,
        .at_ms = 1763712000000,
        .cpu_ms = 250,
        .memory_bytes = 16 << 20,
        .steps = 1000,
        .output_bytes = 1 << 20,
        .record_bytes = 64 << 10,
        .admit = 1,
        .run_id = TEXT("run_01kbk3v0w8000000000000"),
        .event = {event, sizeof event - 1},
    };
    frame_put_start(in, run, &s);
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void feed(struct loop *l, struct buf *in)
{
    if (loop_take(l, in->data, in->len) != (ssize_t)in->len)
        abort();
    while (loop_slice(l))
        continue;
    buf_clear(in);
}

static struct loop *load(const struct bench_script *s, bool images)
{
    struct error err;
    struct buf in;
    struct loop *l = malloc(sizeof *l);
    if (!l || !loop_init(l, -1, NULL, &err))
        abort();
    l->images.off = !images;
    buf_init(&in, 1 << 20);
    size_t mark = frame_begin(&in, FRAME_LOAD, 1);
    frame_put_u32(&in, 1);
    frame_put_bytes(&in, TEXT("bench/script.lua"));
    frame_put_bytes(&in, text_of(s->source));
    frame_end(&in, mark);
    feed(l, &in);
    struct frame f;
    size_t used;
    if (frame_next(l->out.data, l->out.len, &f, &used) != 1 || f.type != FRAME_LOADED) {
        fprintf(stderr, "%s: %.*s\n", s->name, (int)f.payload.len, f.payload.data);
        abort();
    }
    buf_clear(&l->out);
    buf_done(&in);
    return l;
}

static void unload(struct loop *l)
{
    loop_done(l);
    free(l);
}

static double measure(const struct bench_script *s, bool images, unsigned batches)
{
    struct loop *l = load(s, images);
    struct buf in;
    uint64_t run = 1;
    double best = 1e9;
    buf_init(&in, 1 << 20);
    for (unsigned b = 0; b < batches; b++) {
        for (int i = 0; i < BATCH; i++)
            put_start(&in, run++);
        double from = cpu_us();
        feed(l, &in);
        double each = (cpu_us() - from) / BATCH;
        best = each < best ? each : best;
        buf_clear(&l->out);
    }
    buf_done(&in);
    unload(l);
    return best;
}

static long resident_kb(void)
{
    long kb = 0;
    char line[128];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    }
    if (f)
        fclose(f);
    return kb;
}

static void park(const struct bench_script *s)
{
    struct loop *l = load(s, true);
    struct buf in;
    buf_init(&in, 8 << 20);
    long before = resident_kb();
    for (int i = 0; i < PARKED; i++)
        put_start(&in, (uint64_t)i + 1);
    feed(l, &in);
    printf("%-24s %7.1f KB each, %d of them parked\n", s->name,
           (double)(resident_kb() - before) / PARKED, PARKED);
    buf_done(&in);
    unload(l);
}

int main(void)
{
    struct error err;
    if (!tick_start(&err))
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        if (scripts[i].parks) {
            park(&scripts[i]);
            continue;
        }
        printf("%-24s %7.2f us loaded anew, %7.2f us from the image\n", scripts[i].name,
               measure(&scripts[i], false, 50), measure(&scripts[i], true, 500));
    }
    tick_stop();
    return 0;
}
