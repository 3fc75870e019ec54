/* SPDX-License-Identifier: MIT */
/* The script loader and the run of what loads: SOURCE \f EVENT \f ANSWER \f ... (an answer that
 * starts with '!' is a failure). Any text as a trigger's file, in a real vm with its limits. What
 * it says must be well formed; and a second runner, which loads it anew instead of from an image
 * and gets all answers at once, must say the same. */
#include "runner_fuzz.h"

#include "domain/manifest/manifest.h"

enum { ANSWERS = 24, RUN = 7 };

static const struct manifest_ceilings ceilings = {
    .cpu_ms = 10000,
    .memory_bytes = 64 << 20,
    .steps = 100000,
    .wall_ms = INT64_C(30) * 86400000,
    .body_bytes = 4 << 20,
};

struct fuzz_script {
    struct text source, event, answers;
};

/* True: it is loaded. */
static bool load(struct fuzz_runner *r, struct text source)
{
    size_t mark = frame_begin(&r->in, FRAME_LOAD, 1);
    frame_put_u32(&r->in, 1);
    frame_put_bytes(&r->in, TEXT("p/k.lua"));
    frame_put_bytes(&r->in, source);
    frame_end(&r->in, mark);
    buf_clear(&r->manifest);
    FUZZ_CHECK(fuzz_go(r), "LOAD is broken");
    return r->manifest.len > 0;
}

static void check_manifest(struct fuzz_runner *r, struct text source)
{
    struct error err = {0};
    int line = -1;
    struct manifest *m =
        manifest_new("p", "k", buf_view(&r->manifest), source, &ceilings, &line, &err);
    FUZZ_CHECK(m || (err.text[0] && line >= 1), "line %d, reason '%s'", line, err.text);
    manifest_free(m);
}

static void put_start(struct fuzz_runner *r, struct text event)
{
    struct frame_start s = fuzz_start;
    s.event = event.len ? event : TEXT("{\"body\":{\"n\":1}}");
    r->lives[RUN] = LIFE_NONE;
    r->starts[RUN] = 1;
    r->asked_count = 0;
    r->limited = false;
    buf_clear(&r->said);
    frame_put_start(&r->in, RUN, &s);
}

/* Answers step by step, and keeps the answers. */
static void run_live(struct fuzz_runner *r, const struct fuzz_script *s, struct buf *answers)
{
    struct text rest = s->answers;
    put_start(r, s->event);
    FUZZ_CHECK(fuzz_go(r), "START is broken");
    for (int i = 0; i < ANSWERS && r->asked_count && r->lives[RUN] == LIFE_ADMITTED; i++) {
        struct text json = rest.data ? fuzz_part(&rest) : TEXT("{\"status\":200}");
        bool ok = !text_starts(json, "!");
        if (!ok)
            json = json.len > 1 ? (struct text){json.data + 1, json.len - 1}
                                : TEXT("{\"code\":\"timeout\",\"message\":\"late\"}");
        uint32_t step = r->asked[0];
        fuzz_note_cancelled(r, step);
        size_t before = answers->len;
        fuzz_put_answer(answers, RUN, fuzz_start.at_ms + 1000 * (i + 1), step, ok, json);
        buf_add(&r->in, answers->data + before, answers->len - before);
        FUZZ_CHECK(fuzz_go(r), "ANSWER is broken");
    }
}

static void run_replay(struct fuzz_runner *r, const struct fuzz_script *s,
                       const struct buf *answers)
{
    put_start(r, s->event);
    buf_text(&r->in, buf_view(answers));
    FUZZ_CHECK(fuzz_go(r), "a frame of the replay is broken");
}

static void forget(struct fuzz_runner *r)
{
    fuzz_put_plain(r, FRAME_DROP, RUN);
    fuzz_put_plain(r, FRAME_UNLOAD, 1);
    FUZZ_CHECK(fuzz_go(r), "DROP is broken");
    r->lives[RUN] = LIFE_NONE;
    FUZZ_CHECK(!tag_map_any(&r->loop.runs) && !tag_map_any(&r->loop.programs), "something is left");
}

static void check(struct fuzz_runner *first, struct fuzz_runner *second,
                  const struct fuzz_script *s)
{
    struct buf answers;
    buf_init(&answers, FUZZ_FRAMES);
    bool loaded = load(first, s->source);
    if (loaded) {
        check_manifest(first, s->source);
        run_live(first, s, &answers);
    }
    if (loaded && load(second, s->source)) { /* by a limit it may load only once */
        run_replay(second, s, &answers);
        if (!first->limited && !second->limited)
            fuzz_same(buf_view(&first->said), buf_view(&second->said), "first run and replay");
    }
    forget(first);
    forget(second);
    buf_done(&answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_runner first, second;
    if (!first.loop.lualib.modules) {
        fuzz_runner_init(&first);
        fuzz_runner_init(&second);
        second.loop.images.off = true;
        fuzz_start_ticks();
    }
    struct text in = fuzz_text(data, size);
    struct fuzz_script s = {.source = fuzz_part(&in), .event = fuzz_part(&in), .answers = in};
    check(&first, &second, &s);
    return 0;
}
