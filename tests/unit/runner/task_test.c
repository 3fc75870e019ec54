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

static void op_waits_for_its_answer(void **state)
{
    (void)state;
    assert_string_equal(rig_run(&rig, "local ok, v = host.op('http', 'GET x', { n = 1 })\n"
                                      "return { ok, v.status, host.now() }"),
                        "7 admitted -\n7 op 1 http GET x {\"n\":1}\n7 idle 0\n");
    rig_answer_at(&rig, 7, 1234, 1, true, "{\"status\":200}");
    assert_string_equal(rig_go(&rig), "7 finished [true,200,1234]\n");
}

static void a_failed_op_gives_false_and_its_error(void **state)
{
    (void)state;
    rig_run(&rig, "local ok, e = host.op('http') return { ok, e.code, e.message }");
    rig_answer_at(&rig, 7, 1, 1, false, "{\"code\":\"timeout\",\"message\":\"after 30 s\"}");
    assert_string_equal(rig_go(&rig), "7 finished [false,\"timeout\",\"after 30 s\"]\n");
}

static void a_null_answer_is_nil(void **state)
{
    (void)state;
    rig_run(&rig, "local ok, v = host.op('kv') return { ok, v == nil }");
    rig_answer(&rig, 7, 1, "null");
    assert_string_equal(rig_go(&rig), "7 finished [true,true]\n");
}

static void a_task_is_never_yieldable_to_its_script(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(
            &rig,
            "local main, seen = coroutine.running(), {}\n"
            "local function look() seen[#seen + 1] = coroutine.isyieldable(main) end\n"
            "look()\n"
            "coroutine.wrap(function() look() seen[#seen + 1] = coroutine.isyieldable() end)()\n"
            "host.join(host.spawn(look))\n"
            "seen[#seen + 1] = coroutine.isyieldable(coroutine.create(look))\n"
            "return seen"),
        "7 admitted -\n7 finished [false,false,true,false,true]\n");
}

static void a_run_that_waits_says_where(void **state)
{
    (void)state;
    rig_run(&rig, "local t = host.spawn(function() flow.ask(1) end)\n"
                  "local co = coroutine.wrap(function()\n"
                  "  host.join(t)\n"
                  "end)\n"
                  "co()\n"
                  "pcall(flow.ask, 2)");
    assert_string_equal(rig.idle_at, "p/k.lua:7");
    rig_answer(&rig, 7, 1, "1");
    rig_go(&rig);
    assert_string_equal(rig.idle_at, "p/k.lua:8");
}

static const char three_steps[] =
    "local sum = 0\n"
    "for i = 1, 3 do local ok, v = host.op('add', 'n' .. i, { i }) sum = sum + v flow.log(sum) end\n"
    "return { sum, host.now(), math.random(1000) }";

static void answers_sent_early_change_nothing(void **state)
{
    (void)state;
    struct buf late;
    buf_init(&late, 1 << 20);
    rig_load_body(&rig, three_steps);
    rig_start(&rig, 7);
    buf_str(&late, rig_go(&rig));
    for (uint32_t step = 1; step <= 3; step++) {
        rig_answer(&rig, 7, step, "10");
        buf_str(&late, rig_go(&rig));
    }
    assert_non_null(strstr(late.data, "7 finished [30,"));
    rig_start(&rig, 7);
    for (uint32_t step = 1; step <= 3; step++)
        rig_answer(&rig, 7, step, "10");
    assert_string_equal(rig_go(&rig), late.data);
    buf_done(&late);
}

static void an_answer_never_asked_for_is_a_divergence(void **state)
{
    (void)state;
    rig_run(&rig, "host.op('a')");
    rig_answer(&rig, 7, 2, "1");
    assert_string_equal(rig_go(&rig), "7 failed replay.diverged an answer came for step 2, which "
                                      "does not wait for one -\n");
    rig_load(&rig, 2, rig_body("host.step() host.op('a')"));
    rig_go(&rig);
    rig_answer(&rig, 7, 1, "1"); /* to a run that is gone: nobody minds */
    assert_string_equal(rig_go(&rig), "");
}

static void answers_are_handled_one_at_a_time(void **state)
{
    (void)state;
    static const char body[] =
        "local function f(n) return function() local _, v = host.op('x', n)\n"
        "flow.log(n .. v) host.op('y', n) end end\n"
        "local a, b = host.spawn(f 'a'), host.spawn(f 'b')\n"
        "host.join(a) host.join(b)";
    rig_load_body(&rig, body);
    rig_start(&rig, 7);
    rig_answer(&rig, 7, 2, "2");
    rig_answer(&rig, 7, 1, "1");
    assert_string_equal(rig_go(&rig),
                        "7 admitted -\n7 op 1 x a -\n7 op 2 x b -\n7 idle 0\n"
                        "7 record log 0 0 - {\"message\":\"b2\"}\n7 op 3 y b -\n7 idle 1\n"
                        "7 record log 0 0 - {\"message\":\"a1\"}\n7 op 4 y a -\n7 idle 2\n");
}

static void spawned_tasks_give_results_and_errors(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(&rig, "local a = host.spawn(function(x, y) return x + y, nil, 'z' end, 1, 2)\n"
                      "local b = host.spawn(function() error({ code = 'no' }) end)\n"
                      "local ok, sum, none, z = host.join(a)\n"
                      "local ok2, e = host.join(b)\n"
                      "local again = select('#', host.join(a))\n"
                      "return { ok, sum, none == nil, z, ok2, e.code, again }"),
        "7 admitted -\n7 finished [true,3,true,\"z\",false,\"no\",4]\n");
}

static void tasks_start_in_order_when_the_present_one_waits(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(
            &rig,
            "local log = {}\n"
            "local t = {} for i = 1, 3 do t[i] = host.spawn(function() log[#log + 1] = i end) end\n"
            "log[#log + 1] = 'main' for i = 3, 1, -1 do host.join(t[i]) end return log"),
        "7 admitted -\n7 finished [\"main\",1,2,3]\n");
}

static void join_any_gives_the_first_that_ends(void **state)
{
    (void)state;
    rig_run(
        &rig,
        "local t = {} for i = 1, 3 do t[i] = host.spawn(function() return select(2, host.op('x')) end) end\n"
        "local i = host.join_any(t)\n"
        "for k = 1, 3 do host.cancel(t[k]) end\n"
        "local ok, e = host.join(t[1])\n"
        "return { i, select(2, host.join(t[i])), ok, e.code, host.join_any(t) }");
    rig_answer(&rig, 7, 2, "\"two\"");
    assert_string_equal(rig_go(&rig), "7 op_cancel 1\n7 op_cancel 3\n"
                                      "7 finished [2,\"two\",false,\"cancelled\",1]\n");
}

static void cancel_takes_the_tasks_of_a_task_along(void **state)
{
    (void)state;
    rig_run(&rig, "local inner\n"
                  "local outer = host.spawn(function()\n"
                  "  inner = host.spawn(function() host.op('inner') end) host.op('outer') end)\n"
                  "local late = host.spawn(function() return host.join(inner) end)\n"
                  "host.op('main') host.cancel(outer)\n"
                  "local _, ok, e = host.join(late) return { ok, e.code }");
    rig_answer(&rig, 7, 1, "1");
    assert_string_equal(rig_go(&rig),
                        "7 op_cancel 2\n7 op_cancel 3\n7 finished [false,\"cancelled\"]\n");
}

#define GROUP(type, n) "host.record('" type "', " n ", 1, 'g" n "') "

static void groups_of_a_cancelled_task_end(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(&rig, "local t = host.spawn(function()\n"
                      "host.step() " GROUP(
                          "step.started",
                          "2") "\n"
                               "host.step() " GROUP(
                                   "step.started",
                                   "3") "\n"
                                        "host.step() " GROUP("step.started", "4") "\n" GROUP(
                                            "step.completed",
                                            "3") "\n"
                                                 "host.op('x') end)\n"
                                                 "host.op('y') host.cancel(t) return 1"),
        "7 admitted -\n7 op 1 y - -\n"
        "7 record step.started 2 1 g2 -\n7 record step.started 3 1 g3 -\n"
        "7 record step.started 4 1 g4 -\n7 record step.completed 3 1 g3 -\n"
        "7 op 5 x - -\n7 idle 0\n");
    rig_answer(&rig, 7, 1, "2");
    assert_string_equal(rig_go(&rig),
                        "7 op_cancel 5\n"
                        "7 record step.failed 4 1 g4 {\"code\":\"cancelled\",\"message\":\"the "
                        "script went on without it\"}\n"
                        "7 record step.failed 2 1 g2 {\"code\":\"cancelled\",\"message\":\"the "
                        "script went on without it\"}\n"
                        "7 finished 1\n");
}

static void groups_that_nobody_ends_end_with_the_run(void **state)
{
    (void)state;
    assert_non_null(strstr(rig_run(&rig, "coroutine.wrap(function() host.step()\n" GROUP(
                                             "step.started", "1") "coroutine.yield() end)()\n"
                                                                  "return 1"),
                           "7 record step.failed 1 1 g1 {\"code\":\"cancelled\""));
}

static void an_answer_that_crosses_its_cancel_is_ignored(void **state)
{
    (void)state;
    rig_run(&rig, "local t = host.spawn(function() host.op('x') end)\n"
                  "host.op('y') host.cancel(t) host.op('z') return host.now()");
    rig_answer_at(&rig, 7, 100, 1, true, "1");
    rig_answer_at(&rig, 7, 200, 2, true, "1");
    assert_string_equal(rig_go(&rig), "7 op_cancel 2\n7 op 3 z - -\n7 idle 1\n7 idle 2\n");
    rig_answer_at(&rig, 7, 300, 3, true, "1");
    assert_string_equal(rig_go(&rig), "7 finished 300\n");
}

static void the_end_of_run_takes_ops_back(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(&rig, "for i = 1, 2 do host.spawn(function() host.op('x', i .. '') end) end\n"
                      "host.join(host.spawn(function() end)) return 1"),
        "7 admitted -\n7 op 1 x 1 -\n7 op 2 x 2 -\n7 op_cancel 1\n7 op_cancel 2\n"
        "7 finished 1\n");
}

static void tasks_that_wait_for_each_other_are_a_deadlock(void **state)
{
    (void)state;
    assert_string_equal(rig_run(&rig, "local a, b\n"
                                      "a = host.spawn(function() host.join(b) end)\n"
                                      "b = host.spawn(function() host.join(a) end) host.join(a)"),
                        "7 admitted -\n7 failed script.deadlock all tasks wait for each other -\n");
}

static void misuse_of_tasks_raises(void **state)
{
    (void)state;
    static const struct {
        const char *body, *wanted;
    } cases[] = {
        {"local me me = host.spawn(function() host.cancel(me) end)\n"
         "return select(2, host.join(me))",
         "p/k.lua:3: flow: a task cannot cancel itself"},
        {"return select(2, pcall(host.join_any, {}))",
         "bad argument #1 to '?' (at least one task expected)"},
        {"return select(2, pcall(host.join, 5))",
         "bad argument #1 to '?' (task expected, got number)"},
        {"for i = 1, 2000 do local ok, e = pcall(host.spawn, print) if not ok then return e end end",
         "p/k.lua:3: flow: more than 1024 tasks at once"},
        {"return select(2, pcall(host.op, 'x', nil, print))",
         "p/k.lua:3: x: arguments: a function cannot be written as JSON"},
        {"return select(2, pcall(host.record, 'run.failed'))",
         "bad argument #1 to '?' (not the type of a record)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted, "7 finished \"%s\"\n", cases[i].wanted);
        const char *said = rig_run(&rig, cases[i].body);
        assert_string_equal(strstr(said, "7 finished"), wanted);
    }
}

static void an_op_goes_through_coroutines(void **state)
{
    (void)state;
    rig_run(&rig, "local log = {}\n"
                  "local inner = coroutine.wrap(function()\n"
                  "  for i = 1, 2 do coroutine.yield(select(2, host.op('x', 'i' .. i))) end end)\n"
                  "local outer = coroutine.wrap(function()\n"
                  "  for i = 1, 2 do coroutine.yield(inner() * 2) end end)\n"
                  "for i = 1, 2 do log[i] = outer() end return log");
    rig_answer(&rig, 7, 1, "1");
    rig_answer(&rig, 7, 2, "2");
    assert_string_equal(rig_go(&rig), "7 op 2 x i2 -\n7 idle 1\n7 finished [2,4]\n");
}

static void an_op_through_pcall_and_iterators(void **state)
{
    (void)state;
    rig_run(
        &rig,
        "local t = setmetatable({}, { __index = function(_, k) return select(2, host.op('get', k)) end })\n"
        "local ok, v = pcall(function() return t.a + t.b end) return { ok, v }");
    rig_answer(&rig, 7, 1, "1");
    rig_answer(&rig, 7, 2, "2");
    assert_string_equal(rig_go(&rig), "7 op 2 get b -\n7 idle 1\n7 finished [true,3]\n");
}

static void an_op_inside_a_callback_of_c_raises(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(&rig, "string.gsub('a', 'a', function() flow.ask(1) end)"),
        "7 admitted -\n7 failed script.error p/k.lua:3: flow.ask: cannot wait inside string.gsub or "
        "table.sort callbacks p/k.lua:3\n");
    assert_string_equal(
        rig_run(
            &rig,
            "string.gsub('a', 'a', function() coroutine.wrap(function() flow.ask(1) end)() end)") +
            13,
        "7 failed script.error p/k.lua:3: p/k.lua:3: flow.ask: cannot wait inside string.gsub or "
        "table.sort callbacks p/k.lua:3\n");
}

static void ops_are_refused_outside_of_run(void **state)
{
    (void)state;
    rig_load(&rig, 1, "local f = require 'flow'\nf.ask(1)");
    assert_string_equal(rig_go(&rig),
                        "1 refused p/k.lua:2: flow.ask can only be called inside run\n");
    rig_load(
        &rig, 2,
        "local f = require 'flow' return trigger { run = print,\nfilter = function() f.log(1) end }");
    rig_go(&rig);
    struct frame_start s = rig_defaults;
    s.version = 2;
    frame_put_start(&rig.in, 7, &s);
    assert_string_equal(rig_go(&rig), "7 admitted -\n7 failed script.error p/k.lua:2: flow.log can "
                                      "only be called inside run p/k.lua:2\n");
}

static void a_script_cannot_resume_a_task(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(
            &rig,
            "local co\n"
            "local t = host.spawn(function() co = coroutine.running() return function() return 'got it' end end)\n"
            "host.join(t)\n"
            "return { tostring(select(2, coroutine.resume(co))), coroutine.status(co),\n"
            "  type(select(2, host.join(t))) }"),
        "7 admitted -\n7 finished [\"cannot resume dead coroutine\",\"dead\",\"function\"]\n");
}

static void an_agent_trigger_asks_the_agent(void **state)
{
    (void)state;
    rig_load(&rig, 1, "return trigger { instruction = 'Hi {{n}}' }");
    rig_go(&rig);
    rig_start(&rig, 7);
    assert_string_equal(rig_go(&rig), "7 admitted Hi 1\n"
                                      "7 op 1 agent - {\"instruction\":\"Hi 1\"}\n7 idle 0\n");
    rig_answer(&rig, 7, 1, "{\"text\":\"hello\"}");
    assert_string_equal(rig_go(&rig), "7 finished {\"text\":\"hello\"}\n");
    rig_start(&rig, 7);
    rig_answer_at(&rig, 7, 1, 1, false, "{\"code\":\"agent.down\",\"message\":\"gone\"}");
    assert_non_null(strstr(rig_go(&rig), "7 failed agent.down gone -\n"));
}

static void a_dropped_run_is_silent(void **state)
{
    (void)state;
    rig_run(&rig, "host.op('x')");
    rig_put(&rig, FRAME_DROP, 7);
    rig_answer(&rig, 7, 1, "1");
    assert_string_equal(rig_go(&rig), "");
    assert_int_equal(rig.loop.runs.count, 0);
}

static void runs_of_an_unloaded_version_go_on(void **state)
{
    (void)state;
    rig_run(&rig, "host.op('x') return require 'probe' == host");
    rig_put(&rig, FRAME_UNLOAD, 1);
    rig_answer(&rig, 7, 1, "1");
    assert_string_equal(rig_go(&rig), "7 finished true\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(op_waits_for_its_answer),
        TEST(a_failed_op_gives_false_and_its_error),
        TEST(a_null_answer_is_nil),
        TEST(a_task_is_never_yieldable_to_its_script),
        TEST(a_run_that_waits_says_where),
        TEST(answers_sent_early_change_nothing),
        TEST(an_answer_never_asked_for_is_a_divergence),
        TEST(answers_are_handled_one_at_a_time),
        TEST(spawned_tasks_give_results_and_errors),
        TEST(tasks_start_in_order_when_the_present_one_waits),
        TEST(join_any_gives_the_first_that_ends),
        TEST(cancel_takes_the_tasks_of_a_task_along),
        TEST(groups_of_a_cancelled_task_end),
        TEST(groups_that_nobody_ends_end_with_the_run),
        TEST(an_answer_that_crosses_its_cancel_is_ignored),
        TEST(the_end_of_run_takes_ops_back),
        TEST(tasks_that_wait_for_each_other_are_a_deadlock),
        TEST(misuse_of_tasks_raises),
        TEST(an_op_goes_through_coroutines),
        TEST(an_op_through_pcall_and_iterators),
        TEST(an_op_inside_a_callback_of_c_raises),
        TEST(ops_are_refused_outside_of_run),
        TEST(a_script_cannot_resume_a_task),
        TEST(an_agent_trigger_asks_the_agent),
        TEST(a_dropped_run_is_silent),
        TEST(runs_of_an_unloaded_version_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
