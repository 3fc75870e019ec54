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

static void load(const char *source)
{
    rig_load(&rig, 1, source);
    const char *said = rig_go(&rig);
    if (!strstr(said, "1 loaded"))
        fail_msg("%s", said);
}

static const char *start(const char *event)
{
    rig_start_event(&rig, 7, event);
    return rig_go(&rig);
}

static void hello_runs_to_its_end(void **state)
{
    (void)state;
    rig_load(&rig, 1,
             "return trigger { run = function(event) return { hello = event.body.n } end }");
    assert_string_equal(rig_go(&rig),
                        "1 loaded {\"line\":1,\"declaration\":{\"run\":{\"$function\":1}}}\n");
    rig_start(&rig, 7);
    assert_string_equal(rig_go(&rig), "7 admitted -\n7 finished {\"hello\":1}\n");
}

static void filter_function_drops_or_admits(void **state)
{
    (void)state;
    load("return trigger { filter = function(e) return e.body.n < 5, 'too large' end,\n"
         "run = function() return 'ran' end }");
    assert_string_equal(start("{\"body\":{\"n\":9}}"), "7 dropped too large\n");
    assert_string_equal(start("{\"body\":{\"n\":4}}"), "7 admitted -\n7 finished \"ran\"\n");
}

static void filter_without_reason_drops_without_one(void **state)
{
    (void)state;
    load("return trigger { filter = function(e) end, run = function() end }");
    assert_string_equal(start("{}"), "7 dropped -\n");
}

static void filter_that_fails_fails_the_run(void **state)
{
    (void)state;
    load("return trigger { filter = function(e) return e.nothing.there end,\nrun = print }");
    assert_string_equal(
        start("{}"), "7 admitted -\n7 failed script.error p/k.lua:1: attempt to index a nil value "
                     "(field 'nothing') p/k.lua:1\n");
}

static void template_is_rendered_with_inputs(void **state)
{
    (void)state;
    load("return trigger { instruction = 'Help {{customer.name}} with {{ticketId}}',\n"
         "run = function(event) return event.instruction end }");
    assert_string_equal(start("{\"body\":{\"ticketId\":\"T1\",\"customer\":{\"name\":\"Ada\"}}}"),
                        "7 admitted Help Ada with T1\n7 finished \"Help Ada with T1\"\n");
    assert_string_equal(start("{\"body\":{\"ticketId\":1},\"inputs\":{\"ticketId\":2}}"),
                        "7 admitted Help  with 2\n7 finished \"Help  with 2\"\n");
}

static void instruction_function_makes_it(void **state)
{
    (void)state;
    load(
        "return trigger { instruction = function(e) if e.body.n > 0 then return 'n ' .. e.body.n end end,\n"
        "run = function(event) return { event.instruction } end }");
    assert_string_equal(start("{\"body\":{\"n\":3}}"), "7 admitted n 3\n7 finished [\"n 3\"]\n");
    assert_string_equal(start("{\"body\":{\"n\":0}}"), "7 admitted -\n7 finished {}\n");
}

static void instruction_of_another_type_fails(void **state)
{
    (void)state;
    load("return trigger {\ninstruction = function() return 5 end, run = print }");
    assert_string_equal(start("{}"), "7 admitted -\n7 failed script.error instruction must return "
                                     "a string p/k.lua:2\n");
}

static void instruction_of_the_body_is_taken(void **state)
{
    (void)state;
    load("return trigger { run = function(event) return event.instruction end }");
    assert_string_equal(start("{\"body\":{\"instruction\":\"Go\"}}"),
                        "7 admitted Go\n7 finished \"Go\"\n");
    assert_string_equal(start("{\"body\":{\"instruction\":\"\"}}"),
                        "7 admitted -\n7 finished null\n");
    assert_string_equal(start("{\"body\":{\"instruction\":{}}}"),
                        "7 admitted -\n7 finished null\n");
}

static void a_run_that_was_judged_takes_the_instruction_given(void **state)
{
    (void)state;
    load("return trigger { filter = function() return false end, instruction = 'no',\n"
         "run = function(event) return event.instruction end }");
    struct frame_start s = rig_defaults;
    s.admit = 0;
    s.instruction = TEXT("as before");
    frame_put_start(&rig.in, 7, &s);
    assert_string_equal(rig_go(&rig), "7 admitted as before\n7 finished \"as before\"\n");
}

static void event_has_run_id_time_and_inputs(void **state)
{
    (void)state;
    load("return trigger { run = function(e)\n"
         "local keys = {} for k in pairs(e) do keys[#keys + 1] = k end\n"
         "return { id = e.runId, at = e.at, inputs = e.inputs.n, keys = keys } end }");
    assert_string_equal(start("{\"kind\":\"api\",\"body\":{\"n\":1}}"),
                        "7 admitted -\n7 finished {\"at\":\"2025-11-21T08:00:00.123Z\",\"id\":"
                        "\"run_1\",\"inputs\":1,\"keys\":[\"at\",\"body\",\"inputs\",\"kind\","
                        "\"runId\"]}\n");
}

static void event_is_read_only_but_can_be_returned(void **state)
{
    (void)state;
    load("return trigger { run = function(e)\n"
         "if e.body.change then e.body = 1 end\n"
         "e.body.own = true return e end }");
    assert_string_equal(
        start("{\"body\":{\"change\":true}}"),
        "7 admitted -\n7 failed script.error p/k.lua:2: event is read-only p/k.lua:2\n");
    assert_string_equal(start("{\"body\":{}}"),
                        "7 admitted -\n7 finished {\"at\":\"2025-11-21T08:00:00.123Z\",\"body\":"
                        "{\"own\":true},\"inputs\":{\"own\":true},\"runId\":\"run_1\"}\n");
}

static void errors_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *body, *wanted;
    } cases[] = {
        {"\n\nerror('boom')", "7 failed script.error p/k.lua:5: boom p/k.lua:5\n"},
        {"error { code = 'shop.closed', message = 'come back' }",
         "7 failed shop.closed come back p/k.lua:3\n"},
        {"error {}", "7 failed script.error a table value was raised p/k.lua:3\n"},
        {"error(nil)", "7 failed script.error a nil value was raised p/k.lua:3\n"},
        {"error('a\\xffz', 0)", "7 failed script.error a\xef\xbf\xbdz p/k.lua:3\n"},
        {"return print", "7 failed script.result result: a function cannot be written as JSON "
                         "p/k.lua:2\n"},
        {"local t = {} t.t = t return t",
         "7 failed script.result result....t.t.t.t.t.t.t.t: deeper than 64 levels: does a table "
         "contain itself? p/k.lua:2\n"},
        {"string.rep('x', -1)() ",
         "7 failed script.error p/k.lua:3: attempt to call a string value p/k.lua:3\n"},
        {"coroutine.yield(1)",
         "7 failed script.error p/k.lua:3: attempt to yield from outside a coroutine p/k.lua:3\n"},
        {"host.fail('my.code', 'enough', 1)", "7 failed my.code enough p/k.lua:3\n"},
        {"pcall(host.fail, 'my.code', 'enough', 1)", "7 failed my.code enough p/k.lua:3\n"},
        {"trigger {}", "7 failed script.error p/k.lua:3: attempt to call a nil value (global "
                       "'trigger') p/k.lua:3\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *said = rig_run(&rig, cases[i].body);
        assert_memory_equal(said, "7 admitted -\n", 13);
        assert_string_equal(said + 13, cases[i].wanted);
    }
}

static void long_messages_are_cut_between_characters(void **state)
{
    (void)state;
    const char *said = rig_run(&rig, "error(('\xc3\xa4'):rep(4000), 0)");
    const char *message = strstr(said, "script.error ") + strlen("script.error ");
    size_t len = strlen(message) - strlen(" p/k.lua:3\n");
    assert_int_equal(len, 4096);
    assert_true(text_utf8_ok((struct text){message, len}));
}

static void print_and_log_write_records(void **state)
{
    (void)state;
    assert_string_equal(rig_run(&rig, "print('a', 1, nil) flow.log('b')"),
                        "7 admitted -\n7 record log 0 0 - {\"message\":\"a\\t1\\tnil\"}\n"
                        "7 record log 0 0 - {\"message\":\"b\"}\n7 finished null\n");
}

static void the_seed_decides_what_is_random(void **state)
{
    (void)state;
    char first[256];
    const char *body = "return { math.random(1, 1 << 40), host.random() }";
    snprintf(first, sizeof first, "%s", rig_run(&rig, body));
    rig_start(&rig, 7);
    assert_string_equal(rig_go(&rig), first);
    struct frame_start s = rig_defaults;
    s.seed = 43;
    frame_put_start(&rig.in, 7, &s);
    assert_string_not_equal(rig_go(&rig), first);
}

static void what_is_no_version_or_event_fails_the_run(void **state)
{
    (void)state;
    assert_string_equal(start("{}"), "7 admitted -\n7 failed runner.version the runner has no such "
                                     "version -\n");
    load("return trigger { run = print }");
    assert_string_equal(start("[1"),
                        "7 admitted -\n7 failed runner.event the event is not what it should be: "
                        "byte 2: expected ',' or ']' but found the end -\n");
    assert_string_equal(start("5"), "7 admitted -\n7 failed runner.event the event is not what it "
                                    "should be: it is not an object -\n");
}

static void broken_frames_end_the_runner(void **state)
{
    (void)state;
    rig_put(&rig, FRAME_READY, 0); /* not for a runner */
    assert_int_equal(loop_take(&rig.loop, rig.in.data, rig.in.len), -1);
    buf_clear(&rig.in);
    rig_put(&rig, FRAME_START, 3); /* without its fields */
    assert_int_equal(loop_take(&rig.loop, rig.in.data, rig.in.len), -1);
    buf_clear(&rig.in);
    rig_start(&rig, 7);
    rig_start(&rig, 7); /* fails, and is gone: the tag is free again */
    assert_true(loop_take(&rig.loop, rig.in.data, rig.in.len) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hello_runs_to_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filter_function_drops_or_admits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filter_without_reason_drops_without_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(filter_that_fails_fails_the_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(template_is_rendered_with_inputs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(instruction_function_makes_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(instruction_of_another_type_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(instruction_of_the_body_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_was_judged_takes_the_instruction_given, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(event_has_run_id_time_and_inputs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(event_is_read_only_but_can_be_returned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_name_their_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_messages_are_cut_between_characters, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(print_and_log_write_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_seed_decides_what_is_random, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_version_or_event_fails_the_run, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(broken_frames_end_the_runner, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
