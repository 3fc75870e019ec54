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

static const char *load(const char *source)
{
    rig_put(&rig, FRAME_UNLOAD, 1);
    rig_load(&rig, 1, source);
    return rig_go(&rig);
}

static void a_declaration_becomes_a_manifest(void **state)
{
    (void)state;
    assert_string_equal(
        load("local http = nil\n\nreturn trigger {\n"
             "  name = 'Refund', wait = '30s', unique = true, input = { n = 'number' },\n"
             "  filter = { { 'amount', '<', 100 }, { 'tier', 'in', { 'gold' } } },\n"
             "  limits = { cpu = '250ms', steps = 10 }, defaults = {},\n"
             "  instruction = function() end,\n"
             "  run = function() end }"),
        "1 loaded {\"line\":3,\"declaration\":{\"defaults\":{},\"filter\":[[\"amount\",\"<\",100],"
        "[\"tier\",\"in\",[\"gold\"]]],\"input\":{\"n\":\"number\"},\"instruction\":{\"$function\":"
        "7},\"limits\":{\"cpu\":\"250ms\",\"steps\":10},\"name\":\"Refund\",\"run\":{\"$function\":"
        "8},\"unique\":true,\"wait\":\"30s\"}}\n");
}

static void mistakes_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *source, *wanted;
    } cases[] = {
        {"return trigger {", "p/k.lua:1: unexpected symbol near <eof>"},
        {"\nlocal x = = 1", "p/k.lua:2: unexpected symbol near '='"},
        {"", "p/k.lua:1: the file must end with `return trigger { … }`"},
        {"trigger {}", "p/k.lua:1: the file must end with `return trigger { … }`"},
        {"\ntrigger {} return {}", "p/k.lua:2: the file must end with `return trigger { … }`"},
        {"return 5", "p/k.lua:1: the file must end with `return trigger { … }`"},
        {"return {}", "p/k.lua:1: the file must end with `return trigger { … }`"},
        {"trigger {}\nreturn trigger {}", "p/k.lua:2: trigger is called twice (first on line 1)"},
        {"return trigger 'x'", "p/k.lua:1: trigger expects one table: return trigger { … }"},
        {"\nerror 'boom'", "p/k.lua:2: boom"},
        {"\nerror({})", "p/k.lua:2: a table value was raised"},
        {"local t = {} t.x = t\nreturn trigger { a = t }",
         "p/k.lua:2: the declaration is deeper than 64 levels"},
        {"return trigger { a = 0/0 }",
         "p/k.lua:1: trigger.a: not a number (nan) cannot be written as JSON"},
        {"return trigger { [1] = 1, a = 2 }",
         "p/k.lua:1: trigger: a table with both numbered and named keys cannot be written as JSON"},
        {"\nreturn trigger { instruction = 'Hi {{name' }",
         "p/k.lua:2: instruction: line 1: expected }} but the text ends"},
        {"\nlocal x = require 'htpp'",
         "p/k.lua:2: require: module 'htpp' not found; there is: json secret template probe flow agent"},
        {"\n\nwhile true do end",
         "p/k.lua:3: the run used more than 250 ms of CPU between two steps"},
        {"local t = {}\nwhile true do t[#t + 1] = {} end",
         "p/k.lua:2: the run needs more than 16384 KB of memory"},
        {"return trigger { name = string.rep('x', 2000000) }",
         "p/k.lua:1: the declaration is larger than 1 MB as JSON"},
        {"\x1bLua", "p/k.lua:1: attempt to load a binary chunk (mode is 't')"},
        {"return trigger { a = '\\xff' }",
         "p/k.lua:1: trigger.a: a string that is not UTF-8 cannot be written as JSON"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted, "1 refused %s\n", cases[i].wanted);
        assert_string_equal(load(cases[i].source), wanted);
    }
}

static void a_file_over_64_kb_is_refused(void **state)
{
    (void)state;
    static char source[(64 << 10) + 2];
    memset(source, ' ', (64 << 10) + 1);
    assert_string_equal(load(source), "1 refused p/k.lua:1: the file is larger than 64 KB\n");
    memcpy(source, "return trigger { run = print }", 30);
    source[64 << 10] = '\0';
    assert_non_null(strstr(load(source), "1 loaded"));
}

static void long_names_are_told_whole(void **state)
{
    (void)state;
    static const char name[] = "a-project-with-a-rather-long-name-that-lua-would-cut-somewhere/"
                               "a-key-that-is-rather-long-as-well.lua";
    char wanted[256];
    rig_load_files(&rig, 1, (struct rig_file[]){{name, "\nlocal = 1"}, {NULL, NULL}});
    snprintf(wanted, sizeof wanted, "1 refused %s:2: <name> expected near '='\n", name);
    assert_string_equal(rig_go(&rig), wanted);
    rig_load_files(&rig, 2, (struct rig_file[]){{name, "\nerror 'x'"}, {NULL, NULL}});
    snprintf(wanted, sizeof wanted, "2 refused %s:2: x\n", name);
    assert_string_equal(rig_go(&rig), wanted);
}

static void modules_of_the_version_are_found(void **state)
{
    (void)state;
    rig_load_files(&rig, 1,
                   (struct rig_file[]){
                       {"p/k.lua", "local a, b = require 'lib.a', require 'lib.b'\n"
                                   "return trigger { run = function()\n"
                                   "return { a.n, b.a == a, require 'lib.none', ... } end }"},
                       {"lib/a.lua", "local name = ... return { n = name }"},
                       {"lib/b.lua", "return { a = require 'lib.a' }"},
                       {"lib/none.lua", ""},
                       {NULL, NULL},
                   });
    assert_string_equal(rig_go(&rig), "1 refused p/k.lua:3: cannot use '...' outside a vararg "
                                      "function near '...'\n");
    rig_load_files(&rig, 2,
                   (struct rig_file[]){
                       {"p/k.lua", "local a, b = require 'lib.a', require 'lib.b'\n"
                                   "return trigger { run = function()\n"
                                   "return { a.n, b.a == a, require 'lib.none' } end }"},
                       {"lib/a.lua", "local name = ... return { n = name }"},
                       {"lib/b.lua", "return { a = require 'lib.a' }"},
                       {"lib/none.lua", ""},
                       {NULL, NULL},
                   });
    assert_non_null(strstr(rig_go(&rig), "2 loaded"));
    struct frame_start s = rig_defaults;
    s.version = 2;
    frame_put_start(&rig.in, 7, &s);
    assert_string_equal(rig_go(&rig), "7 admitted -\n7 finished [\"lib.a\",true,true]\n");
}

static void mistakes_in_modules_name_the_module(void **state)
{
    (void)state;
    static const struct {
        const char *module, *wanted;
    } cases[] = {
        {"\nlocal = 1", "lib/a.lua:2: <name> expected near '='"},
        {"\nerror 'x'", "lib/a.lua:2: x"},
        {"return require 'lib.a'",
         "lib/a.lua:1: require: module 'lib.a' requires itself, or failed before"},
        {"trigger {}", "lib/a.lua:1: trigger must be called by the trigger's own file"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char wanted[256];
        rig_put(&rig, FRAME_UNLOAD, 1);
        rig_load_files(&rig, 1,
                       (struct rig_file[]){{"p/k.lua", "require 'lib.a' return trigger {}"},
                                           {"lib/a.lua", cases[i].module},
                                           {NULL, NULL}});
        snprintf(wanted, sizeof wanted, "1 refused %s\n", cases[i].wanted);
        assert_string_equal(rig_go(&rig), wanted);
    }
}

static void a_module_can_be_preempted_and_killed(void **state)
{
    (void)state;
    rig_load_files(
        &rig, 1,
        (struct rig_file[]){
            {"p/k.lua", "return trigger { run = function() return require 'lib.a' end }"},
            {"lib/a.lua", "local n = 0 while n < 3e6 do n = n + 1 end return n"},
            {"lib/b.lua", "while true do end"},
            {NULL, NULL}});
    rig_go(&rig);
    rig_start(&rig, 7);
    assert_string_equal(rig_go(&rig), "7 admitted -\n7 finished 3000000\n");
}

static void settings_are_a_plain_table(void **state)
{
    (void)state;
    static const char name[] = "host.lua";
    rig_load_files(
        &rig, 1, (struct rig_file[]){{name, "return { runners = 2, models = {} }"}, {NULL, NULL}});
    assert_string_equal(rig_go(&rig),
                        "1 loaded {\"line\":1,\"declaration\":{\"models\":{},\"runners\":2}}\n");
    rig_load_files(&rig, 2, (struct rig_file[]){{name, "runners = 2"}, {NULL, NULL}});
    assert_string_equal(rig_go(&rig),
                        "2 refused host.lua:1: the file must end with `return { … }`\n");
}

static void a_start_right_behind_its_load_runs(void **state)
{
    (void)state;
    rig_load(&rig, 1, rig_body("return 'ran'"));
    rig_start(&rig, 7);
    const char *said = rig_go(&rig);
    assert_non_null(strstr(said, "1 loaded"));
    assert_non_null(strstr(said, "7 finished \"ran\"\n"));
    rig_put(&rig, FRAME_UNLOAD, 1);
    rig_load(&rig, 1, "return trigger {");
    rig_start(&rig, 7);
    assert_non_null(strstr(rig_go(&rig), "7 failed runner.version"));
}

static void broken_load_frames_end_the_runner(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 2, 257, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        size_t mark = frame_begin(&rig.in, FRAME_LOAD, 1);
        frame_put_u32(&rig.in, counts[i]);
        frame_put_bytes(&rig.in, TEXT("p/k.lua"));
        frame_put_bytes(&rig.in, TEXT("return 1"));
        frame_end(&rig.in, mark);
        assert_int_equal(loop_take(&rig.loop, rig.in.data, rig.in.len), -1);
        buf_clear(&rig.in);
    }
}

static void file_names_are_text(void **state)
{
    (void)state;
    static const struct text names[] = {
        {"", 0}, {"p\0k.lua", 7}, {"p/\xff.lua", 7}, {"p/k\n.lua", 8}, {NULL, 0}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t mark = frame_begin(&rig.in, FRAME_LOAD, 1);
        frame_put_u32(&rig.in, 1);
        frame_put_bytes(&rig.in, names[i]);
        frame_put_bytes(&rig.in, TEXT("return 1"));
        frame_end(&rig.in, mark);
        assert_int_equal(loop_take(&rig.loop, rig.in.data, rig.in.len), -1);
        buf_clear(&rig.in);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(file_names_are_text),
        TEST(a_declaration_becomes_a_manifest),
        TEST(mistakes_are_refused_with_their_line),
        TEST(a_file_over_64_kb_is_refused),
        TEST(long_names_are_told_whole),
        TEST(modules_of_the_version_are_found),
        TEST(mistakes_in_modules_name_the_module),
        TEST(a_module_can_be_preempted_and_killed),
        TEST(settings_are_a_plain_table),
        TEST(a_start_right_behind_its_load_runs),
        TEST(broken_load_frames_end_the_runner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
