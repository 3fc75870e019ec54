/* SPDX-License-Identifier: MIT */
/* The runner's readers: the input is a list of frames, most of them well formed, some not, in any
 * order and to any tag. The runner must find them broken or say what a run may say; see
 * runner_fuzz.h. */
#include "runner_fuzz.h"

enum { VERSIONS = 4, FRAMES = 60 };

static const char *const sources[] = {
    "return trigger { run = function(e) return { n = e.body } end }",
    "return trigger { filter = function(e) return e.body.n == 1, 'no' end,\n"
    "instruction = 'Do {{n}}', run = function(e, flow) flow.log('x', e.body)\n"
    "flow.sleep '1s' return e.instruction end }",
    "local http = require 'http'\nreturn trigger { run = function(e, flow)\n"
    "local r = flow.all { function() return http.get('https://a.example/') end,\n"
    "function() flow.sleep '1s' return 2 end } return r end }",
    "return trigger { run = function(e, flow) return flow.race {\n"
    "function() flow.sleep '1s' return 1 end, function() flow.sleep '2s' return 2 end } end }",
    "return trigger { run = function(e, flow)\n"
    "return flow.step('s', function() flow.sleep '1s' error 'again' end, { retry = 3 }) end }",
    "return trigger { run = function(e, flow) local t = {}\n"
    "for i = 1, e.body.n * 1000 do t[i] = { i } end flow.emit('p', #t) return #t end }",
    "return trigger { run = function() while true do end end }",
    "local lib = require 'lib.x'\nreturn trigger { run = function() return lib.f() end }",
    "return { f = function() return 'lib' end }",
    "return trigger { name = 'no run' }",
    "this is no lua",
    "return { listen = '127.0.0.1:1' }",
};
static const char *const names[] = {"p/k.lua", "lib/x.lua", "host.lua", "p/lib/x.lua"};
static const char *const values[] = {
    "{\"body\":{\"n\":1}}",
    "{}",
    "null",
    "[]",
    "7",
    "{\"status\":200,\"headers\":{},\"body\":\"x\"}",
    "{\"code\":\"timeout\",\"message\":\"late\"}",
    "{",
    "\"\xff\"",
    "",
};

static struct fuzz_runner runner;

/* One of a list, or bytes of the input. */
static struct text choose(struct text *in, const char *const *list, size_t count)
{
    uint8_t which = fuzz_u8(in);
    if (which >= 0xf0)
        return fuzz_bytes(in, fuzz_u8(in));
    if (which == 0xef)
        return TEXT_NONE;
    return text_of(list[which % count]);
}

static uint64_t run_tag(struct text *in)
{
    return 1 + fuzz_u8(in) % (FUZZ_TAGS - 1);
}

static uint64_t version_tag(struct text *in)
{
    return 1 + fuzz_u8(in) % VERSIONS;
}

static void put_load(struct text *in)
{
    struct buf *out = &runner.in;
    size_t mark = frame_begin(out, FRAME_LOAD, version_tag(in));
    uint8_t count = fuzz_u8(in) % 4;
    frame_put_u32(out, fuzz_u8(in) == 0xff ? 1000 : count);
    for (uint8_t i = 0; i < count; i++) {
        frame_put_bytes(out, choose(in, names, ARRAY_LEN(names)));
        frame_put_bytes(out, choose(in, sources, ARRAY_LEN(sources)));
    }
    frame_end(out, mark);
}

static void put_start(struct text *in)
{
    static const char *const ids[] = {"run_1", "run_01hzy3v7k9qw8x5d2n4b6m0c1e"};
    struct frame_start s = fuzz_start;
    uint64_t tag = run_tag(in);
    uint8_t odd = fuzz_u8(in);
    s.version = version_tag(in);
    if (odd & 1)
        s.steps = fuzz_u8(in);
    if (odd & 2)
        s.memory_bytes = (uint32_t)fuzz_number(in, 4) % (20 << 20);
    if (odd & 4)
        s.output_bytes = fuzz_u8(in);
    if (odd & 8)
        s.record_bytes = fuzz_u8(in);
    if (odd & 16)
        s.at_ms = (int64_t)fuzz_number(in, 8);
    if (odd & 32)
        s.admit = fuzz_u8(in);
    if (odd & 64)
        s.instruction = fuzz_bytes(in, fuzz_u8(in));
    s.run_id = odd & 128 ? fuzz_bytes(in, 80) : choose(in, ids, ARRAY_LEN(ids));
    s.event = choose(in, values, ARRAY_LEN(values));
    runner.starts[tag]++;
    frame_put_start(&runner.in, tag, &s);
}

static void put_answer(struct text *in)
{
    uint64_t tag = run_tag(in);
    uint32_t step = fuzz_u8(in);
    bool ok = fuzz_u8(in) & 1;
    fuzz_put_answer(&runner.in, tag, fuzz_start.at_ms + step, step, ok,
                    choose(in, values, ARRAY_LEN(values)));
}

static void put_drop(struct text *in)
{
    uint64_t tag = run_tag(in);
    fuzz_put_plain(&runner, FRAME_DROP, tag);
    FUZZ_CHECK(fuzz_go(&runner), "DROP is broken"); /* what it said before still counts */
    runner.lives[tag] = LIFE_NONE;
    runner.starts[tag] = 0;
}

static void put_raw(struct text *in)
{
    size_t mark = frame_begin(&runner.in, fuzz_u8(in), fuzz_u8(in) % FUZZ_TAGS);
    buf_text(&runner.in, fuzz_bytes(in, fuzz_u8(in)));
    frame_end(&runner.in, mark);
}

/* False: the frames were broken, the process would have ended. */
static bool put_frame(struct text *in)
{
    uint8_t op = fuzz_u8(in);
    switch (op % 8) {
    case 0:
        put_load(in);
        break;
    case 1:
    case 2:
        put_start(in);
        break;
    case 3:
    case 4:
        put_answer(in);
        break;
    case 5:
        if (!fuzz_go(&runner))
            return false;
        put_drop(in);
        break;
    case 6:
        fuzz_put_plain(&runner, FRAME_UNLOAD, version_tag(in));
        break;
    default:
        put_raw(in);
    }
    return op & 0x80 || fuzz_go(&runner); /* else it comes together with the next one */
}

/* As at the end of the process, but the compiled modules stay. */
static void clean_up(void)
{
    for (uint64_t tag = 0; tag < FUZZ_TAGS; tag++)
        fuzz_put_plain(&runner, FRAME_DROP, tag);
    for (uint64_t tag = 0; tag < FUZZ_TAGS; tag++)
        fuzz_put_plain(&runner, FRAME_UNLOAD, tag);
    FUZZ_CHECK(fuzz_go(&runner), "DROP is broken");
    FUZZ_CHECK(!tag_map_any(&runner.loop.runs) && !tag_map_any(&runner.loop.programs), "left");
    memset(runner.lives, 0, sizeof runner.lives);
    memset(runner.starts, 0, sizeof runner.starts);
    buf_clear(&runner.said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    if (!runner.loop.lualib.modules) {
        fuzz_runner_init(&runner);
        fuzz_start_ticks();
    }
    for (int i = 0; i < FRAMES && in.len; i++)
        if (!put_frame(&in))
            break;
    (void)fuzz_go(&runner);
    clean_up();
    return 0;
}
