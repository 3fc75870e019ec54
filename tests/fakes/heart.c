/* SPDX-License-Identifier: MIT */
#include "fakes/heart.h"

#include "base/log.h"
#include "folder.h"
#include "wire/record_type.h"

struct heart heart;
unsigned heart_cancelled[VERDICTS];

/* ---- life */

/* The linker gives the engine this one (tests.cmake). */
struct store *__wrap_store_open(const struct store_options *options, struct error *err);

struct store *__wrap_store_open(const struct store_options *options, struct error *err)
{
    (void)options;
    if (heart.refusals == 0)
        return heart.store;
    heart.refusals--;
    error_set(err, heart.refusal, "the store does not open: a test said so");
    return NULL;
}

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

static const char *declaration;

void heart_load_versions(void)
{
    char manifest[4096];
    snprintf(manifest, sizeof manifest,
             "{\"line\":1,\"declaration\":{\"run\":{\"$function\":1}%s%s}}",
             *declaration ? "," : "", declaration);
    pool_flush(heart.e->pool);
    assert_true(fake_pool_load_all(manifest) > 0);
}

void heart_start(void)
{
    struct error err = {0};
    const struct engine_options o = {.loop = &heart.loop,
                                     .clock = &heart.clock.clock,
                                     .config = heart.config,
                                     .runners = heart.runners};
    heart.e = engine_open(&o, &err);
    if (!heart.e)
        fail_msg("%s", err.text);
    fake_store_run(heart.store);
    heart_load_versions();
    heart_settle();
    assert_true(engine_ready(heart.e));
}

/* Each time another content, and so another version. */
static void write_script(void)
{
    static unsigned saved;
    char script[128];
    snprintf(script, sizeof script, "return trigger { run = function() end } -- %u\n", ++saved);
    write_file("p/k.lua", script);
}

int heart_open(void **state)
{
    struct error err = {0};
    (void)state;
    log_level_set(LOG_OFF);
    folder_open();
    make_folder("p");
    write_script();
    heart = (struct heart){.runners = 1};
    list_init(&heart.callers);
    memset(heart_cancelled, 0, sizeof heart_cancelled);
    const char *const flags[] = {"scripts", folder_base, NULL};
    heart.config = config_new(NULL, NULL, flags, &err);
    if (!heart.config)
        fail_msg("%s", err.text);
    fake_clock_init(&heart.clock);
    uv_loop_init(&heart.loop);
    heart.store = fake_store_open(NULL);
    declaration = "";
    heart_start();
    return 0;
}

/* As the door does, which is closed first. */
static void close_engine(void)
{
    bool closed = false;
    while (!list_empty(&heart.callers))
        heart_hang_up(LIST_ENTRY(heart.callers.next, struct answer, link));
    engine_close(heart.e, set_flag, &closed);
    while (!closed)
        uv_run(&heart.loop, UV_RUN_ONCE);
    heart.e = NULL;
}

void heart_stop(void)
{
    fake_store_keep(heart.store, true);
    close_engine();
    fake_store_keep(heart.store, false);
}

void heart_kill(void)
{
    fake_store_fail(heart.store, SIZE_MAX);
    heart_stop();
    fake_store_fail(heart.store, 0);
}

int heart_close(void **state)
{
    (void)state;
    if (heart.e)
        close_engine();
    else
        store_close(heart.store, NULL, NULL);
    assert_int_equal(uv_loop_close(&heart.loop), 0);
    config_free(heart.config);
    folder_close();
    return 0;
}

struct trigger *heart_trigger(void)
{
    struct trigger *t = registry_find(&heart.e->reload.registry, TEXT("p"), TEXT("k"));
    assert_non_null(t);
    return t;
}

void heart_save(void)
{
    write_script();
    reload_scan(&heart.e->reload);
    pool_flush(heart.e->pool);
}

void heart_serve(const char *fields)
{
    declaration = fields;
    heart_save();
    heart_load_versions();
    heart_settle();
    const char *error = trigger_error(heart_trigger());
    if (error)
        fail_msg("%s", error);
}

/* ---- what happens */

void heart_turn(void)
{
    uv_run(&heart.loop, UV_RUN_NOWAIT);
}

void heart_settle(void)
{
    bool moved;
    do {
        heart_turn();
        moved = fake_store_step(heart.store);
        while (fake_store_step(heart.store))
            ;
    } while (moved);
}

void heart_pass(int64_t ms)
{
    const struct timers *ts = &heart.e->timers;
    int64_t end_ms = clock_mono_ms(&heart.clock.clock) + ms;
    while (ts->count > 0 && ts->heap[0]->due_ms <= end_ms) {
        int64_t left_ms = ts->heap[0]->due_ms - clock_mono_ms(&heart.clock.clock);
        fake_clock_pass(&heart.clock, &heart.e->timers, left_ms > 0 ? left_ms : 0);
        heart_settle();
    }
    fake_clock_pass(&heart.clock, NULL, end_ms - clock_mono_ms(&heart.clock.clock));
    heart_settle();
}

/* ---- a caller */

#define KEEP(to, text) snprintf(to, sizeof(to), "%s", (text) ? (text) : "")

static void on_outcome(void *arg, const struct outcome *o)
{
    struct answer *a = arg;
    a->count++;
    a->ticket = NULL;
    list_del(&a->link);
    a->verdict = o->why.verdict;
    KEEP(a->run, o->why.run);
    KEEP(a->session, o->session);
    KEEP(a->status, o->status);
    KEEP(a->detail, o->why.detail);
    KEEP(a->field, o->why.field);
    KEEP(a->code, o->why.code);
    KEEP(a->at, o->why.at);
    snprintf(a->result, sizeof a->result, "%.*s", (int)o->result.len,
             o->result.data ? o->result.data : "");
}

struct call heart_call(const char *body)
{
    return (struct call){.trigger = heart_trigger(), .kind = "api", .body = text_of(body)};
}

static void note_fired(struct answer *a)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (a->ticket && map_next(&heart.e->runs, &pos, &key, &value))
        if (((struct run *)value)->ticket == a->ticket)
            KEEP(a->fired, ((struct run *)value)->id);
}

void heart_fire_call(struct answer *a, struct call *call)
{
    struct error err;
    cJSON *tree = call->body.data ? json_parse(call->body, &err) : NULL;
    memset(a, 0, sizeof *a);
    list_init(&a->link);
    call->tree = tree;
    struct ticket *t = engine_fire(heart.e, call, on_outcome, a);
    cJSON_Delete(tree);
    assert_int_equal(t == NULL, a->count == 1);
    a->ticket = t;
    if (t)
        list_add(&heart.callers, &a->link);
    note_fired(a);
    heart_turn();
}

void heart_fire(struct answer *a, const char *body, int64_t wait_ms)
{
    struct call call = heart_call(body);
    call.wait_ms = wait_ms;
    heart_fire_call(a, &call);
}

void heart_hang_up(struct answer *a)
{
    ticket_forget(a->ticket);
    a->ticket = NULL;
    list_del(&a->link);
}

void heart_expect_answer(const struct answer *a, enum verdict v, const char *status)
{
    assert_int_equal(a->count, 1);
    assert_string_equal(verdict_code(a->verdict), verdict_code(v));
    assert_string_equal(a->status, status);
}

const char *heart_start_run(struct answer *a, int64_t wait_ms)
{
    heart_fire(a, "{}", wait_ms);
    heart_admit(a->fired);
    heart_settle();
    return a->fired;
}

static void on_cancelled(void *arg, enum verdict v)
{
    (void)arg;
    heart_cancelled[v]++;
}

void heart_cancel(const char *run)
{
    engine_cancel(heart.e, run, on_cancelled, NULL);
}

/* ---- the runner of a run */

bool heart_on_runner(const char *run)
{
    return fake_pool_seat(run) != NULL;
}

uint64_t heart_tag(const char *run)
{
    const struct fake_seat *seat = fake_pool_seat(run);
    if (!seat)
        fail_msg("%s is on no runner", run);
    return seat->tag;
}

void heart_admit(const char *run)
{
    assert_true(fake_pool_say(heart_tag(run), FRAME_ADMITTED, "t", NULL));
}

void heart_ask(const char *run, uint32_t step, const char *kind, const char *args)
{
    assert_true(fake_pool_say(heart_tag(run), FRAME_OP, "uttt", (int)step, kind, NULL, args));
}

void heart_ask_sleep(const char *run, int64_t ms)
{
    char args[48];
    snprintf(args, sizeof args, "{\"ms\":%lld}", (long long)ms);
    heart_ask(run, 1, "sleep", args);
}

void heart_rest(const char *run, uint32_t answers)
{
    assert_true(fake_pool_say(heart_tag(run), FRAME_IDLE, "ut", (int)answers, "p/k.lua:1"));
}

void heart_finish(const char *run, const char *result)
{
    assert_true(fake_pool_say(heart_tag(run), FRAME_FINISHED, "t", result));
}

void heart_lose(unsigned runner, enum pool_loss why, const char *culprit)
{
    fake_pool_lose(runner, why, culprit ? heart_tag(culprit) : 0);
    heart_settle();
}

struct text heart_told(const char *run, uint32_t step, bool ok)
{
    pool_flush(heart.e->pool);
    const struct fake_frame *sent = fake_pool_sent(FRAME_ANSWER, heart_tag(run));
    assert_non_null(sent);
    struct frame f = {.type = sent->type, .tag = sent->tag, .payload = sent->payload};
    struct frame_reader in;
    frame_read(&in, &f);
    assert_in_range(frame_get_u64(&in), heart.clock.wall_ms - 2000, heart.clock.wall_ms);
    assert_int_equal(frame_get_u32(&in), step);
    assert_int_equal(frame_get_u8(&in), ok);
    return frame_get_bytes(&in);
}

struct frame_start heart_start_frame(const char *run)
{
    const struct fake_frame *sent = fake_pool_sent(FRAME_START, heart_tag(run));
    struct frame f = {.type = sent->type, .tag = sent->tag, .payload = sent->payload};
    struct frame_reader in;
    struct frame_start s;
    frame_read(&in, &f);
    frame_get_start(&in, &s);
    assert_true(frame_read_ok(&in));
    return s;
}

size_t heart_answers(const char *run)
{
    return fake_pool_count(FRAME_ANSWER, heart_tag(run));
}

/* ---- what is on disk, and in memory */

enum run_state heart_state(const char *run)
{
    const struct run *r = run_by_id(heart.e, run);
    return r ? r->state : RUN_GONE;
}

static void on_row(void *arg, const struct store_run *row, const struct error *err)
{
    assert_null(err);
    if (row)
        *(struct store_run *)arg = *row;
}

struct store_run heart_row(const char *run)
{
    struct store_run row = {0};
    store_get_run(heart.store, run, on_row, &row);
    fake_store_run(heart.store);
    return row;
}

static void add_types(char *out, size_t cap, struct text chunk)
{
    struct record rec;
    while (record_next(&chunk, &rec)) {
        const char *name = record_type_name(rec.type);
        size_t len = strlen(out);
        snprintf(out + len, cap - len, "%s%s", len ? " " : "",
                 strncmp(name, "run.", 4) == 0 ? name + 4 : name);
    }
    assert_int_equal(chunk.len, 0);
}

static struct {
    char types[1024], data[1024];
    enum record_type wanted;
    uint64_t next;
} journal;

static void on_journal(void *arg, const struct store_chunk *chunks, size_t count, uint64_t end,
                       enum store_status status, const struct error *err)
{
    (void)arg;
    (void)end;
    (void)status;
    assert_null(err);
    for (size_t i = 0; i < count; i++) {
        struct text rest = chunks[i].bytes;
        struct record rec;
        assert_int_equal(chunks[i].first, journal.next);
        journal.next += chunks[i].count;
        add_types(journal.types, sizeof journal.types, rest);
        while (record_next(&rest, &rec))
            if (rec.type == journal.wanted)
                snprintf(journal.data, sizeof journal.data, "%.*s", (int)rec.data.len,
                         rec.data.data ? rec.data.data : "");
    }
}

static void read_journal(const char *run, enum record_type wanted)
{
    memset(&journal, 0, sizeof journal);
    journal.next = 1;
    journal.wanted = wanted;
    store_read_journal(heart.store, run, 1, SIZE_MAX, on_journal, NULL);
    fake_store_run(heart.store);
}

const char *heart_journal(const char *run)
{
    read_journal(run, RECORD_TYPES);
    return journal.types;
}

const char *heart_record(const char *run, enum record_type type)
{
    read_journal(run, type);
    return journal.data;
}

static void on_planted(struct store_order *order)
{
    assert_int_equal(order->outcome, STORE_DONE);
}

void heart_plant(const char *run, const struct heart_planted *p)
{
    struct store_accept accept = {
        .project = TEXT("p"),
        .trigger = TEXT("k"),
        .kind = TEXT("api"),
        .session = TEXT("ses"),
        .event = TEXT("{\"kind\":\"api\",\"body\":null,\"headers\":{}}"),
        .created_ms = heart.clock.wall_ms,
    };
    struct store_order order = {.accept = &accept,
                                .first = 1,
                                .count = p->count,
                                .chunk = p->chunk,
                                .update = {.status = p->status, .wake_ms = p->wake_ms},
                                .done = on_planted};
    snprintf(order.run, sizeof order.run, "%s", run);
    memcpy(accept.version, p->version, SHA256_BYTES);
    store_write(heart.store, &order);
    fake_store_run(heart.store);
    for (int i = 0; i < p->letters; i++)
        store_inbox_put(heart.store, &(struct store_inbox){.run = run, .kind = text_of(p->letter)},
                        NULL, NULL);
    fake_store_run(heart.store);
}

void heart_expect(const char *run, enum run_state state, enum store_status status)
{
    struct store_run row = heart_row(run);
    assert_string_equal(run_state_name(heart_state(run)), run_state_name(state));
    assert_string_equal(store_status_name(row.status), store_status_name(status));
}

/* ---- a reader of a run's stream */

static void on_hub_news(struct follower *f, const struct hub_news *news)
{
    struct reader *reader = CONTAINER_OF(f, struct reader, follower);
    if (reader->next && news->count)
        assert_int_equal(news->first, reader->next);
    if (news->count)
        reader->next = news->first + news->count;
    reader->news++;
    reader->ends += news->end != NULL;
    add_types(reader->heard, sizeof reader->heard, news->chunk);
}

void heart_follow(struct reader *reader, const char *run)
{
    memset(reader, 0, sizeof *reader);
    list_init(&reader->follower.link);
    hub_join(&heart.e->hub, run, &reader->follower, on_hub_news);
}
