/* SPDX-License-Identifier: MIT */
#include "harness.h"

static struct rig rig;

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_done(&rig);
    return 0;
}

/* What comes behind "admitted" when a body runs with small limits. */
static const char *run_small(const char *body)
{
    struct frame_start s = rig_defaults;
    s.cpu_ms = 20;
    s.memory_bytes = 2 << 20;
    s.steps = 5;
    s.output_bytes = 1000;
    s.record_bytes = 100;
    rig_load_body(&rig, body);
    frame_put_start(&rig.in, 7, &s);
    const char *said = rig_go(&rig);
    assert_memory_equal(said, "7 admitted -\n", 13);
    return said + 13;
}

static void the_cpu_limit_cannot_be_caught(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() error 'x' end, function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "local function f() return f() end f()",
        "local t = setmetatable({}, { __close = function() while true do end end })\n"
        "do local x <close> = t end",
        "string.gsub('a', 'a', function() while true do end end)",
        "host.join(host.spawn(function() while true do end end))",
        "table.sort({ 3, 2, 1 }, function() while true do end end)",
        "goto on ::on:: goto on",
        "for i = 1, math.huge do end",
        "local t = setmetatable({}, { __index = function(t, k) return t[k] end })\n"
        "while true do pcall(function() return t.x end) end",
        "while true do coroutine.wrap(function() pcall(error) end)() end",
        "while true do select(-1, string.rep('a', 1000):byte(1, -1)) end",
        "while true do load('return ' .. string.rep('{', 50) .. string.rep('}', 50)) end",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        const char *said = run_small(bodies[i]);
        if (!strstr(said, "7 failed limit.cpu the run used more than 20 ms of CPU between two steps"
                          " p/k.lua:"))
            fail_msg("%s: %s", bodies[i], said);
    }
}

static void the_memory_limit_cannot_be_caught(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "local s = 'x' while true do pcall(function() s = s .. s end) end",
        "return string.rep('x', 100000000)",
        "pcall(string.rep, 'x', 100000000)",
        "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
        "local function f() return 1 + f() end f()",
        "while true do local t = table.pack(string.rep('abc', 200000), 1) host = { host, t } end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "for i = 1, 1000 do host.spawn(print, string.rep('y', 5000) .. i) end",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        const char *said = run_small(bodies[i]);
        if (!strstr(said,
                    "7 failed limit.memory the run needs more than 2048 KB of memory p/k.lua:"))
            fail_msg("%s: %s", bodies[i], said);
    }
}

static void garbage_does_not_count(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(
            &rig,
            "local n = 0\n"
            "for i = 1, 200 do local t = {} for k = 1, 2000 do t[k] = { k } end n = n + #t end\n"
            "for i = 1, 300 do local s = string.rep('x', 500000) .. i n = n + #s end\n"
            "return n > 1"),
        "7 admitted -\n7 finished true\n");
}

static void steps_are_counted(void **state)
{
    (void)state;
    assert_string_equal(run_small("for i = 1, 5 do host.step() end pcall(host.step)"),
                        "7 failed limit.steps the run takes more than 5 steps p/k.lua:3\n");
    assert_string_equal(run_small("for i = 1, 5 do host.step() end\nflow.ask(1)"),
                        "7 failed limit.steps the run takes more than 5 steps p/k.lua:4\n");
}

static void outputs_are_bounded(void **state)
{
    (void)state;
    assert_string_equal(run_small("return string.rep('x', 999)"),
                        "7 failed limit.output the result is larger than 1000 bytes p/k.lua:2\n");
    assert_string_equal(run_small("pcall(flow.ask, string.rep('x', 999))"),
                        "7 failed limit.output ask: more than 1000 bytes of JSON p/k.lua:3\n");
    assert_string_equal(run_small("pcall(flow.log, string.rep('x', 90))"),
                        "7 failed limit.record flow: more than 100 bytes of JSON p/k.lua:3\n");
    assert_string_equal(run_small("pcall(print, string.rep('x', 90))"),
                        "7 failed limit.record print: more than 100 bytes of JSON p/k.lua:3\n");
    assert_non_null(strstr(run_small("return string.rep('x', 998)"), "7 finished \"xxx"));
}

static void the_journal_is_bounded(void **state)
{
    (void)state;
    rig_load_body(&rig, "local s = string.rep('x', 60000)\n"
                        "for i = 1, 10 do flow.log(s) end\n"
                        "host.op('large')\n"
                        "while true do pcall(flow.log, s) end");
    struct frame_start s = rig_defaults;
    s.cpu_ms = 60000; /* writing 64 MB takes its time under sanitizers: not what is judged here */
    frame_put_start(&rig.in, 7, &s);
    rig_go(&rig);
    static char answer[1 << 20];
    answer[0] = '"';
    memset(answer + 1, 'y', sizeof answer - 3);
    answer[sizeof answer - 2] = '"';
    rig_answer(&rig, 7, 1, answer);
    const char *said = rig_go(&rig);
    const char *end = strstr(said, "7 failed ");
    assert_non_null(end);
    assert_string_equal(end, "7 failed limit.journal the run has written 64 MB of journal, which "
                             "is the limit p/k.lua:6\n");
    assert_in_range(end - said, 60 << 20, 63 << 20); /* the answer counts, and what came before */
}

static void an_instruction_is_bounded(void **state)
{
    (void)state;
    rig_load(
        &rig, 1,
        "return trigger { run = print,\ninstruction = function() return string.rep('x', 2^20 + 1) end }");
    rig_go(&rig);
    rig_start(&rig, 7);
    assert_string_equal(rig_go(&rig), "7 admitted -\n7 failed limit.output the instruction is too "
                                      "large p/k.lua:2\n");
    rig_load(&rig, 2, "return trigger { run = print, instruction = '{{#each l}}{{a}}{{/each}}' }");
    rig_go(&rig);
    struct frame_start s = rig_defaults;
    s.version = 2;
    s.output_bytes = 10;
    s.event = TEXT("{\"body\":{\"a\":\"0123456789\",\"l\":[1,2]}}");
    frame_put_start(&rig.in, 7, &s);
    assert_string_equal(
        rig_go(&rig),
        "7 admitted -\n7 failed limit.output the instruction is too large p/k.lua:1\n");
}

static void a_step_starts_the_cpu_account_anew(void **state)
{
    (void)state;
    struct frame_start s = rig_defaults;
    s.cpu_ms = 60;
    /* Four stretches of about 40 ms each (by ticks, as the limit counts them), with a step or an
     * answer between. */
    rig_load_body(&rig, "local function work() local n = 0 repeat n = n + 1 until n > 2e5 end\n"
                        "for i = 1, 100 do work() host.step() end return 'all'");
    frame_put_start(&rig.in, 7, &s);
    assert_non_null(strstr(rig_go(&rig), "7 finished \"all\""));
}

static void a_kill_leaves_the_neighbours_alone(void **state)
{
    (void)state;
    rig_load_body(&rig, "if event.body.n == 1 then while true do end end\n"
                        "local ok, v = host.op('x') return v");
    for (uint64_t run = 10; run < 20; run++)
        rig_start_event(&rig, run, run == 14 ? "{\"body\":{\"n\":1}}" : "{\"body\":{}}");
    const char *said = rig_go(&rig);
    assert_non_null(strstr(said, "14 failed limit.cpu"));
    assert_non_null(strstr(said, "19 idle 0"));
    for (uint64_t run = 10; run < 20; run++)
        rig_answer(&rig, run, 1, "5");
    said = rig_go(&rig);
    for (int run = 10; run < 20; run++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "%d finished 5\n", run);
        assert_int_equal(strstr(said, wanted) != NULL, run != 14);
    }
}

static void a_hog_does_not_hold_up_a_small_run(void **state)
{
    (void)state;
    rig_load_body(&rig, "if event.body.n == 1 then\n"
                        "  local n = 0 while n < 3e6 do n = n + 1 end return 'hog' end\n"
                        "return 'small'");
    rig_start_event(&rig, 1, "{\"body\":{\"n\":1}}");
    rig_start_event(&rig, 2, "{\"body\":{}}");
    const char *said = rig_go(&rig);
    const char *hog = strstr(said, "1 finished \"hog\""), *small = strstr(said, "2 finished");
    assert_non_null(hog);
    assert_non_null(small);
    assert_true(small < hog);
}

static void hogs_share_the_processor_and_stay_themselves(void **state)
{
    (void)state;
    rig_load_body(&rig, "local n, out = 0, {}\n"
                        "for i = 1, 3 do out[i] = host.spawn(function()\n"
                        "  local sum = 0 for k = 1, 3e5 do sum = sum + k % (event.body.n + i) end\n"
                        "  flow.log(sum) return sum end) end\n"
                        "for i = 1, 3 do n = n + select(2, host.join(out[i])) end return n");
    for (uint64_t run = 1; run <= 4; run++) {
        char event[64], *alone;
        snprintf(event, sizeof event, "{\"body\":{\"n\":%d}}", (int)run);
        rig_start_event(&rig, run, event);
        alone = strdup(rig_go(&rig));
        rig_start_event(&rig, run, event);
        rig_start_event(&rig, 100, "{\"body\":{\"n\":50}}");
        const char *both = rig_go(&rig);
        for (char *line = strtok(alone, "\n"); line; line = strtok(NULL, "\n"))
            assert_non_null(strstr(both, line));
        free(alone);
    }
}

static void a_hog_in_a_filter_is_preempted_too(void **state)
{
    (void)state;
    rig_load(&rig, 1,
             "return trigger { filter = function(e)\n"
             "if e.body.n == 1 then while true do end end return true end, run = function() end }");
    rig_go(&rig);
    rig_start_event(&rig, 1, "{\"body\":{\"n\":1}}");
    rig_start_event(&rig, 2, "{\"body\":{}}");
    const char *said = rig_go(&rig);
    assert_memory_equal(said, "2 admitted -\n2 finished null\n", 29);
    assert_non_null(strstr(said, "1 admitted -\n1 failed limit.cpu"));
}

static void a_flood_of_records_is_preempted(void **state)
{
    (void)state;
    rig_load_body(&rig, "local s = string.rep('x', 60000)\n"
                        "for i = 1, 200 do flow.log(s) end return 'done'");
    rig_start(&rig, 7);
    assert_int_equal(loop_take(&rig.loop, rig.in.data, rig.in.len), rig.in.len);
    buf_clear(&rig.in);
    size_t slices = 0, most = 0, total = 0;
    do {
        most = rig.loop.out.len > most ? rig.loop.out.len : most;
        total += rig.loop.out.len;
        buf_clear(&rig.loop.out);
        slices++;
    } while (loop_slice(&rig.loop));
    assert_true(slices > 5);
    assert_true(most < (2 << 20));
    assert_true(total > 200 * 60000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_cpu_limit_cannot_be_caught),
        TEST(the_memory_limit_cannot_be_caught),
        TEST(garbage_does_not_count),
        TEST(steps_are_counted),
        TEST(outputs_are_bounded),
        TEST(the_journal_is_bounded),
        TEST(an_instruction_is_bounded),
        TEST(a_step_starts_the_cpu_account_anew),
        TEST(a_kill_leaves_the_neighbours_alone),
        TEST(a_hog_does_not_hold_up_a_small_run),
        TEST(hogs_share_the_processor_and_stay_themselves),
        TEST(a_hog_in_a_filter_is_preempted_too),
        TEST(a_flood_of_records_is_preempted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
