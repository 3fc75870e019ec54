/* SPDX-License-Identifier: MIT */
/* Scripts made from numbers say the same, byte for byte, in five processes that differ in all that
 * a process can differ in, and after a replay at every step. SCRIPTS=n SEED=n ask for others. */
#define RIG_REAL_LUALIB
#include "harness.h"

#include "base/id.h"
#include "generate.h"
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 5, SCRIPTS = 240, ANSWERS = 64, RUN = 7, FIRST_SLEEPER = 100 };

/* ---- the host's part: what a run asked for, and what it is told */

struct told {
    uint32_t step;
    int64_t at_ms;
    bool ok;
    const char *json;
};

struct play {
    struct buf said;            /* all that the run sent, frame by frame */
    size_t places[ANSWERS + 1]; /* its length before each answer */
    struct told answers[ANSWERS];
    uint32_t count;
    uint32_t waiting[1024]; /* steps that wait for an answer */
    uint32_t waiting_count;
    const char *end; /* NULL: it goes on */
    bool again;      /* a replay: it says what was looked at before */
    enum { STEP_NEW, STEP_OPEN, STEP_OVER } steps[1024]; /* by number: all that it has taken */
};

static void forget_step(struct play *p, uint32_t step)
{
    for (uint32_t i = 0; i < p->waiting_count; i++) {
        if (p->waiting[i] == step) {
            memmove(&p->waiting[i], &p->waiting[i + 1],
                    (p->waiting_count - i - 1) * sizeof p->waiting[0]);
            p->waiting_count--;
            return;
        }
    }
}

/* A step starts once, for a group once an attempt, and ends once. */
static void see_step(struct play *p, uint32_t step, bool starts, bool ends)
{
    if (p->again)
        return;
    assert_in_range(step, 1, ARRAY_LEN(p->steps) - 1);
    if (starts && p->steps[step] == STEP_NEW)
        p->steps[step] = STEP_OPEN;
    if (p->steps[step] != STEP_OPEN)
        fail_msg("step %u goes on behind its end, or before its start", (unsigned)step);
    if (ends)
        p->steps[step] = STEP_OVER;
}

static void see_record(struct play *p, struct frame_reader *r)
{
    enum record_type type = frame_get_u8(r);
    uint32_t step = frame_get_u32(r);
    if (step)
        see_step(p, step, type == RECORD_STEP_STARTED,
                 type == RECORD_STEP_COMPLETED || type == RECORD_STEP_FAILED);
}

static void see_the_end(struct play *p)
{
    for (uint32_t step = 1; p->steps[step] != STEP_NEW; step++) {
        if (p->steps[step] != STEP_OVER)
            fail_msg("the run has completed, but step %u has not ended", (unsigned)step);
    }
}

static void take_frame(struct play *p, const struct frame *f)
{
    struct frame_reader r;
    frame_read(&r, f);
    if (f->type == FRAME_OP && p->waiting_count < ARRAY_LEN(p->waiting)) {
        p->waiting[p->waiting_count++] = frame_get_u32(&r);
        see_step(p, p->waiting[p->waiting_count - 1], true, false);
    } else if (f->type == FRAME_OP_CANCEL) {
        uint32_t step = frame_get_u32(&r);
        forget_step(p, step);
        see_step(p, step, false, true);
    } else if (f->type == FRAME_RECORD) {
        see_record(p, &r);
    } else if (f->type == FRAME_FINISHED) {
        see_the_end(p);
    }
    if (f->type == FRAME_FINISHED || f->type == FRAME_FAILED)
        p->end = f->type == FRAME_FINISHED ? "finished" : "failed";
}

/* Handles what was put in, and keeps what the run sent. */
static void go(struct rig *rig, struct play *p)
{
    struct buf *out = &rig->loop.out;
    ssize_t used = loop_take(&rig->loop, rig->in.data, rig->in.len);
    assert_int_equal(used, rig->in.len);
    buf_clear(&rig->in);
    while (loop_slice(&rig->loop))
        continue;
    struct frame f;
    for (size_t at = 0, size; frame_next(out->data + at, out->len - at, &f, &size) == 1;
         at += size) {
        assert_int_equal(f.tag, RUN);
        take_frame(p, &f);
    }
    buf_add(&p->said, out->data, out->len);
    buf_clear(out);
}

/* Any of the steps that wait is answered next, well or not: by the numbers of script and answer. */
static struct told choose(struct play *p, uint64_t number)
{
    static const char *const values[] = {
        "null", "{\"status\":200,\"headers\":{\"b\":\"2\",\"a\":\"1\"},\"body\":\"{\\\"x\\\":1}\"}",
        "{\"status\":503,\"headers\":{},\"body\":\"busy\"}"};
    uint64_t dice = id_hash64(&(uint64_t[2]){number, p->count}, 16);
    struct told t = {.step = p->waiting[dice % p->waiting_count]};
    t.at_ms = rig_defaults.at_ms + (int64_t)p->count * 1717 + (int64_t)(dice % 1000);
    t.ok = dice % 7 != 0;
    t.json = t.ok ? values[1 + dice / 8 % 2] : "{\"code\":\"timeout\",\"message\":\"too late\"}";
    forget_step(p, t.step);
    return t;
}

static void put_answer(struct rig *rig, struct play *p, const struct told *t)
{
    see_step(p, t->step, false, true);
    rig_answer_at(rig, RUN, t->at_ms, t->step, t->ok, t->json);
}

static void put_start(struct rig *rig, bool admit)
{
    struct frame_start s = rig_defaults;
    s.cpu_ms = 60000;
    s.memory_bytes = 64 << 20;
    s.admit = admit;
    frame_put_start(&rig->in, RUN, &s);
}

static void play_original(struct rig *rig, struct play *p, uint64_t number)
{
    put_start(rig, true);
    go(rig, p);
    while (!p->end && p->waiting_count > 0 && p->count < ANSWERS) {
        p->places[p->count] = p->said.len;
        p->answers[p->count] = choose(p, number);
        put_answer(rig, p, &p->answers[p->count++]);
        go(rig, p);
    }
    p->places[p->count] = p->said.len;
    rig_put(rig, FRAME_DROP, RUN); /* one that asks for more than we answer */
    go(rig, p);
}

/* The same run again: START and the first answers at once, as the host rebuilds it, then the rest
 * one by one. */
static void replay(struct rig *rig, const struct play *original, uint32_t known)
{
    struct play p = {.again = true};
    buf_init(&p.said, 64 << 20);
    put_start(rig, false);
    for (uint32_t i = 0; i < known; i++)
        put_answer(rig, &p, &original->answers[i]);
    go(rig, &p);
    assert_int_equal(p.said.len, original->places[known]);
    for (uint32_t i = known; i < original->count; i++) {
        put_answer(rig, &p, &original->answers[i]);
        go(rig, &p);
        assert_int_equal(p.said.len, original->places[i + 1]);
    }
    assert_memory_equal(p.said.data, original->said.data, p.said.len);
    rig_put(rig, FRAME_DROP, RUN);
    go(rig, &p);
    buf_done(&p.said);
}

/* ---- one of the processes: says a line a script */

static const char sleeper[] = "return trigger { run = function(_, flow) flow.sleep '1h' end }";

/* Process i has i runs in its first slots, so that all lies elsewhere. */
static void crowd(struct rig *rig, int process)
{
    struct frame_start s = rig_defaults;
    s.version = 2;
    rig_load_files(rig, 2, (struct rig_file[]){{"p/sleeper.lua", sleeper}, {NULL, NULL}});
    for (int i = 0; i < process; i++)
        frame_put_start(&rig->in, (uint64_t)(FIRST_SLEEPER + i), &s);
    rig_go(rig);
}

static void load(struct rig *rig, uint64_t number)
{
    struct buf source;
    buf_init(&source, 256 << 10);
    generate_trigger(&source, number);
    assert_false(source.full);
    rig_load_files(rig, 1, (struct rig_file[]){{"p/k.lua", source.data}, {NULL, NULL}});
    const char *said = rig_go(rig);
    if (!strstr(said, "1 loaded"))
        fail_msg("script %d: %s\n%s", (int)number, said, source.data);
    buf_done(&source);
}

static void play(int process, uint64_t number)
{
    struct rig rig;
    struct play p = {0};
    buf_init(&p.said, 64 << 20);
    rig_init(&rig);
    rig.loop.images.off = process % 2 == 1;
    crowd(&rig, process);
    load(&rig, number);
    play_original(&rig, &p, number);
    /* The processes share the places where the replay may begin. */
    for (uint32_t known = (uint32_t)process; known <= p.count + PROCESSES; known += PROCESSES)
        replay(&rig, &p, known <= p.count ? known : p.count);
    printf("%d %016llx %u answers, %zu bytes, %s\n", (int)number,
           (unsigned long long)id_hash64(p.said.data, p.said.len), (unsigned)p.count, p.said.len,
           p.end ? p.end : "dropped");
    buf_done(&p.said);
    rig_done(&rig);
}

static uint64_t setting(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : usual;
}

static int be_process(int process)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("TZ", process % 2 ? "Asia/Tokyo" : "America/Lima", 1);
    tzset();
    uint64_t first = setting("SEED", 1), count = setting("SCRIPTS", SCRIPTS);
    for (uint64_t number = first; number < first + count; number++)
        play(process, number);
    return 0;
}

/* ---- the test */

static char self[4096];

static void all_processes_say_the_same(void **state)
{
    (void)state;
    FILE *out[PROCESSES];
    char lines[PROCESSES][160], command[sizeof self + 32];
    uint64_t finished = 0, answers = 0;
    for (int i = 0; i < PROCESSES; i++) {
        snprintf(command, sizeof command, "'%s' process %d", self, i);
        out[i] = popen(command, "r");
        assert_non_null(out[i]);
    }
    for (uint64_t n = 0; n < setting("SCRIPTS", SCRIPTS); n++) {
        unsigned count = 0;
        for (int i = 0; i < PROCESSES; i++) {
            if (!fgets(lines[i], sizeof lines[i], out[i]))
                fail_msg("process %d stopped before script %d", i, (int)(n + setting("SEED", 1)));
            assert_string_equal(lines[0], lines[i]);
        }
        finished += strstr(lines[0], "finished") != NULL;
        if (sscanf(lines[0], "%*u %*x %u answers", &count) == 1)
            answers += count;
    }
    for (int i = 0; i < PROCESSES; i++)
        assert_int_equal(pclose(out[i]), 0);
    print_message("%d finished, %d answers\n", (int)finished, (int)answers);
    assert_true(finished > setting("SCRIPTS", SCRIPTS) / 2); /* else they say too little */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_processes_say_the_same)};
    if (argc == 3)
        return be_process(atoi(argv[2]));
    if (argc == 2) { /* shows a script */
        struct buf source;
        buf_init(&source, 256 << 10);
        generate_trigger(&source, strtoull(argv[1], NULL, 10));
        fputs(source.data, stdout);
        buf_done(&source);
        return 0;
    }
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len < 0 ? 0 : len] = '\0';
    return cmocka_run_group_tests(tests, NULL, NULL);
}
