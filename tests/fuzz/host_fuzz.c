/* SPDX-License-Identifier: MIT */
/* The host's side of the border: the input is a history of what runners say (any frames, to any of
 * their runs), of the store, of outgoing calls, of time, of runners that die and of callers that
 * cancel. Nothing may break, the journal must stay whole, and in the end every run is over and
 * every caller has one answer. */
#include "fakes/http.h"
#include "fakes/pool.h"
#include "fakes/vault.h"
#include "host_fakes.h"

#include "base/log.h"
#include "base/mem.h"
#include "engine/cancel.h"
#include "engine/fire.h"
#include "engine/run.h"
#include "engine/ticket.h"
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS = 120, ROUNDS = 400, CALLS = 24, RUNNERS = 2 };

static struct engine *engine;
static int64_t now_ms = 1763712000000;
static unsigned fired, answered;

static int64_t wall(void *arg)
{
    (void)arg;
    return now_ms;
}

static int64_t mono(void *arg)
{
    (void)arg;
    return now_ms * 1000;
}

static const struct clock fake_clock = {wall, mono, NULL};

/* ---- opening: one trigger, p/k, in a folder of its own */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    FUZZ_CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

static struct config *make_config(void)
{
    static char root[] = "/tmp/moontide-fuzz-XXXXXX";
    char path[128];
    struct error err;
    struct config *c = config_new(NULL, NULL, NULL, &err);
    FUZZ_CHECK(c && mkdtemp(root), "no folder");
    free(c->scripts);
    c->scripts = mem_text(root);
    snprintf(path, sizeof path, "%s/p", root);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/p/k.lua", root);
    write_file(path, "return trigger { run = function() end }\n");
    return c;
}

static void remove_files(const char *root)
{
    char path[128];
    snprintf(path, sizeof path, "%s/p/k.lua", root);
    unlink(path);
    snprintf(path, sizeof path, "%s/p", root);
    rmdir(path);
    rmdir(root);
}

/* in: the payload of LOADED; empty: the right one. */
static void answer_loads(struct text in)
{
    struct fake_load l;
    if (!in.len)
        fake_pool_load_all("{\"line\":1,\"declaration\":{\"run\":{\"$function\":1}}}");
    while (in.len && fake_pool_next_load(&l))
        fake_pool_say_raw(l.runner, FRAME_LOADED, l.tag, in);
}

static void open_engine(void)
{
    static uv_loop_t loop;
    struct error err;
    struct config *config = make_config();
    struct engine_options o = {
        .loop = &loop, .clock = &fake_clock, .config = config, .runners = RUNNERS};
    log_level_set(LOG_OFF);
    uv_loop_init(&loop);
    engine = engine_open(&o, &err);
    FUZZ_CHECK(engine, "%s", err.text);
    pool_flush(&fake_pool);
    answer_loads(TEXT(""));
    remove_files(config->scripts);
}

/* ---- what happens */

static void on_outcome(void *arg, const struct outcome *o)
{
    unsigned *mine = arg;
    (void)o;
    FUZZ_CHECK(*mine == 0, "a second outcome");
    (*mine)++;
    answered++;
}

static unsigned outcomes[CALLS];

static void fire(struct text *in)
{
    uint8_t how = fuzz_u8(in);
    if (fired == CALLS)
        return;
    struct error err;
    cJSON *tree = json_parse(TEXT("{\"n\":1}"), &err);
    struct call call = {
        .trigger = registry_find(&engine->reload.registry, TEXT("p"), TEXT("k")),
        .kind = "api",
        .body = TEXT("{\"n\":1}"),
        .tree = tree,
        .wait_ms = how & 1 ? 1000 : 0,
    };
    FUZZ_CHECK(call.trigger && trigger_serves(call.trigger), "the trigger is gone");
    unsigned *mine = &outcomes[fired++];
    *mine = 0;
    struct ticket *t = engine_fire(engine, &call, on_outcome, mine);
    if (how == 0xff && t && *mine == 0) { /* the client hangs up */
        ticket_forget(t);
        (*mine)++;
        answered++;
    }
    cJSON_Delete(tree);
}

static const char retried[] =
    "{\"method\":\"POST\",\"url\":\"https://a.example/x\",\"body\":\"b\",\"headers\":{\"A\":\"b\"},"
    "\"retry\":{\"times\":3,\"first_ms\":10,\"factor\":2,\"max_ms\":100,\"on\":[429,\"timeout\"]}}";
static const char *const texts[] = {
    "http",
    "sleep",
    "step",
    "nobody",
    "GET a.example",
    "{\"method\":\"GET\",\"url\":\"https://a.example/\",\"timeout_ms\":1000}",
    retried,
    "{\"ms\":1000}",
    "{\"ms\":100000}",
    "{\"until_ms\":1763712009000}",
    "{\"message\":\"x\"}",
    "null",
    "limit.cpu",
    "p/k.lua:7",
    "\xff{",
};

static void put_text(struct buf *b, struct text *in)
{
    uint8_t which = fuzz_u8(in);
    if (which == 0xff)
        frame_put_bytes(b, fuzz_bytes(in, fuzz_u8(in)));
    else if (which == 0xfe)
        frame_put_bytes(b, TEXT_NONE);
    else
        frame_put_bytes(b, text_of(texts[which % ARRAY_LEN(texts)]));
}

/* A frame of a runner as it should be; the fields are anything. */
static enum frame_type put_frame(struct buf *b, struct text *in)
{
    static const struct {
        enum frame_type type;
        const char *fields;
    } shapes[] = {
        {FRAME_ADMITTED, "t"}, {FRAME_OP, "sttt"},     {FRAME_RECORD, "rsatt"},
        {FRAME_IDLE, "st"},    {FRAME_OP_CANCEL, "s"}, {FRAME_FINISHED, "t"},
        {FRAME_FAILED, "ttt"}, {FRAME_DROPPED, "t"},   {FRAME_ADMITTED, "t"},
        {FRAME_OP, "sttt"},    {FRAME_IDLE, "st"},
    };
    uint8_t which = fuzz_u8(in) % ARRAY_LEN(shapes);
    for (const char *f = shapes[which].fields; *f; f++) {
        if (*f == 't')
            put_text(b, in);
        else if (*f == 'r')
            frame_put_u8(b, fuzz_u8(in) % 20);
        else
            frame_put_u32(b, fuzz_u8(in) % 8);
    }
    return shapes[which].type;
}

/* Remembers what a run said until now, for an honest replay. */
static void remember(const struct fake_seat *seat, enum frame_type type, struct text payload)
{
    struct fake_row *row = fake_row(seat->run);
    if (!row || (type != FRAME_OP && type != FRAME_RECORD))
        return;
    row->said.max = SIZE_MAX / 2;
    size_t mark = frame_begin(&row->said, type, 0);
    buf_text(&row->said, payload);
    frame_end(&row->said, mark);
}

static void say(struct text *in)
{
    struct buf b;
    uint8_t which = fuzz_u8(in), odd = fuzz_u8(in);
    if (fake_pool.seat_count == 0)
        return;
    struct fake_seat seat = fake_pool.seats[which % fake_pool.seat_count];
    buf_init(&b, 1 << 20);
    enum frame_type type = FRAME_ADMITTED;
    if (odd == 0xff) {
        type = (enum frame_type)(FRAME_READY + 1 + fuzz_u8(in) % 10);
        buf_text(&b, fuzz_bytes(in, fuzz_u8(in)));
    } else {
        type = put_frame(&b, in);
        remember(&seat, type, buf_view(&b));
    }
    if (odd == 0xfe)
        seat.runner = !seat.runner;
    fake_pool_say_raw(seat.runner, type, seat.tag, buf_view(&b));
    buf_done(&b);
}

/* A run that was started again says what it said before. */
static void say_again(struct text *in)
{
    uint8_t which = fuzz_u8(in);
    if (fake_pool.seat_count == 0)
        return;
    struct fake_seat seat = fake_pool.seats[which % fake_pool.seat_count];
    struct fake_row *row = fake_row(seat.run);
    size_t at = 0, used;
    struct frame f;
    if (seat.fresh || !row)
        return;
    while (at < row->said.len &&
           frame_next(row->said.data + at, row->said.len - at, &f, &used) == 1) {
        fake_pool_say_raw(seat.runner, f.type, seat.tag, f.payload);
        at += used;
    }
}

static void answer_call(struct text *in)
{
    static const char *const names[] = {"content-type", "x", "x", NULL};
    static const char *const values[] = {"text/plain", "\xff\"", "2", NULL};
    static const char *const failures[] = {"timeout", "refused", "dns"};
    uint8_t which = fuzz_u8(in), how = fuzz_u8(in);
    struct http_answer a = {.status = 200, .names = names, .values = values, .retry_after_ms = -1};
    if (fake_http.count == 0)
        return;
    if (how & 1)
        a.failure = failures[how % 3], a.message = "why";
    else if (how & 2)
        a.status = 429;
    a.body = how & 4 ? TEXT("{\"a\":1}\xff") : TEXT_NONE;
    fake_http_answer(which % fake_http.count, &a);
}

static void pass_time(int64_t ms)
{
    now_ms += ms;
    uv_timer_cb tick = engine->timers.tick.timer_cb;
    if (engine->timers.count > 0 && tick)
        tick(&engine->timers.tick); /* as libuv would, had it seen the time pass */
}

static void on_cancelled(void *arg, enum verdict v)
{
    (void)arg;
    (void)v;
}

static void cancel(struct text *in)
{
    uint8_t which = fuzz_u8(in);
    if (fake_store.count > 0)
        engine_cancel(engine, fake_store.rows[which % fake_store.count].id, on_cancelled, NULL);
}

static void lose(struct text *in)
{
    uint8_t how = fuzz_u8(in), which = fuzz_u8(in);
    uint64_t culprit =
        how & 0x80 || !fake_pool.seat_count ? 0 : fake_pool.seats[which % fake_pool.seat_count].tag;
    fake_pool_lose(how & 1, (enum pool_loss)(how / 2 % 4), culprit);
}

static enum store_outcome fuzz_outcome(uint8_t byte)
{
    return byte == 0xf1 ? STORE_WRONG : byte > 0xf0 ? STORE_BROKEN : STORE_DONE;
}

static void happen(struct text *in)
{
    uint8_t what = fuzz_u8(in);
    switch (what % 16) {
    case 0:
        fire(in);
        break;
    case 1:
        fake_write_one(fuzz_outcome(fuzz_u8(in)));
        break;
    case 2:
        fake_read_one(fuzz_u8(in) > 0xf0);
        break;
    case 3:
        answer_call(in);
        break;
    case 4:
        pass_time(fuzz_u8(in) * 40);
        break;
    case 5:
        cancel(in);
        break;
    case 6:
        lose(in);
        break;
    case 7:
        say_again(in);
        break;
    case 8:
        answer_loads(fuzz_bytes(in, 0));
        break;
    default:
        say(in);
    }
    if (!(what & 0x80))
        engine_flush(engine);
    fake_pool_forget();
}

/* ---- the end */

static void finish_round(void)
{
    while (fake_write_one(STORE_DONE) || fake_read_one(false))
        engine_flush(engine);
    while (fake_http.count > 0)
        fake_http_answer(0, &(struct http_answer){.failure = "refused", .message = "the end"});
    for (size_t i = 0; i < fake_store.count; i++)
        if (!store_status_final(fake_store.rows[i].row.status))
            engine_cancel(engine, fake_store.rows[i].id, on_cancelled, NULL);
    while (fake_pool.seat_count > 0) { /* those that were not admitted yet: dropped */
        struct fake_seat seat = fake_pool.seats[0];
        fake_pool_say(seat.tag, FRAME_DROPPED, "t", NULL);
        engine_flush(engine);
    }
    engine_flush(engine);
    pass_time(1000);
}

static void finish(void)
{
    for (int i = 0; i < ROUNDS && (i < 2 || engine->runs.count > 0 || engine->tickets > 0); i++)
        finish_round();
    FUZZ_CHECK(engine->runs.count == 0, "%zu runs are left", engine->runs.count);
    FUZZ_CHECK(engine->placements.tags.count == 0, "%zu tags are left",
               engine->placements.tags.count);
    FUZZ_CHECK(engine->tickets == 0, "%zu tickets are left", engine->tickets);
    FUZZ_CHECK(answered == fired, "%u answers for %u calls", answered, fired);
    for (int i = 0; i < RUNNERS; i++)
        FUZZ_CHECK(engine->placements.all[i] == 0 && engine->placements.computing[i] == 0,
                   "%u there, %u computing", engine->placements.all[i],
                   engine->placements.computing[i]);
    for (size_t i = 0; i < fake_store.count; i++) {
        struct fake_row *r = &fake_store.rows[i];
        FUZZ_CHECK(store_status_final(r->row.status), "a run is in status %d", r->row.status);
        buf_done(&r->event);
        buf_done(&r->instruction);
        buf_done(&r->journal);
        buf_done(&r->said);
    }
    fake_store.count = 0;
    fired = answered = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    if (!engine)
        open_engine();
    for (int i = 0; i < EVENTS && in.len; i++)
        happen(&in);
    finish();
    return 0;
}
