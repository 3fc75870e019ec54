/* SPDX-License-Identifier: MIT */
/* What triggers may not do, though stock Lua would let them, or that only exists here: each refusal
 * names the function and the rule, and the line of the script. */
#define RIG_REAL_LUALIB
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

/* What a run on line 3 of p/k.lua fails with; borrowed until the next one. */
static const char *refused(const char *line)
{
    char source[1024];
    snprintf(source, sizeof source,
             "local http, json, template, secret, agent, session = require 'http', require 'json', "
             "require 'template', require 'secret', require 'agent', require 'session'\n"
             "return trigger { run = function(event, flow)\n"
             "%s\nend }",
             line);
    rig_put(&rig, FRAME_UNLOAD, 1);
    rig_load(&rig, 1, source);
    const char *said = rig_go(&rig);
    if (!strstr(said, "1 loaded"))
        fail_msg("%s: %s", line, said);
    rig_start(&rig, 7);
    return rig_go(&rig);
}

static const struct {
    const char *line, *message;
} rows[] = {
    /* metatables */
    {"setmetatable({}, { __gc = print })", "setmetatable: __gc is not allowed in triggers"},
    {"setmetatable({}, { __mode = 'k' })", "setmetatable: __mode is not allowed in triggers"},
    {"setmetatable({}, { __concat = print })", "setmetatable: __concat is not allowed in triggers"},
    {"getmetatable('').__index = nil", "attempt to index a boolean value"},
    /* addresses and order */
    {"return ('%p'):format({})", "string.format: %p is not allowed in triggers: addresses"},
    {"for _ in pairs { [{}] = 1, [{}] = 2 } do end",
     "pairs: tables/functions as keys have no order; use strings or numbers"},
    {"return next { [{}] = 1, [print] = 2 }", "pairs: tables/functions as keys have no order"},
    /* text that becomes code */
    {"error(select(2, load(string.rep(' ', 65537))))",
     "load: a chunk of more than 65536 bytes is not allowed"},
    {"error(select(2, load('\\27Lua')))",
     "attempt to load a binary chunk (only text can be loaded)"},
    {"require 'htpp'", "require: module 'htpp' not found; there is: json secret template"},
    {"require '../p/k'", "require: module '../p/k' not found"},
    /* coroutines */
    {"local function f() assert(coroutine.resume(coroutine.create(f))) end f()",
     "coroutine.resume: too many nested coroutines (at most 50)"},
    {"coroutine.yield()", "attempt to yield from outside a coroutine"},
    {"coroutine.close((coroutine.running()))", "cannot close a running coroutine"},
    /* what belongs to the host */
    {"event.body = 1", "event is read-only"},
    {"secret 'small'", "secret: a name is 1 to"},
    {"return #secret 'S'", "a secret has no length that a script may know"},
    {"return secret 'S' .. {}", "attempt to concatenate a table with a secret"},
    {"json.encode(print)", "json.encode: value: a function cannot be written as JSON"},
    {"json.decode(1)", "bad argument #1 to 'decode' (string expected, got number)"},
    {"session.history(1)", "session.history: expected a session id"},
    {"template.render('{{#if}}', {})", "template.render: "},
    /* what waits where nothing can wait */
    {"string.gsub('x', 'x', function() flow.sleep '1s' end)",
     "flow.sleep: cannot wait inside string.gsub or table.sort callbacks"},
    {"table.sort({ 2, 1 }, function() http.get 'http://a.example/' end)",
     "http.get: cannot wait inside string.gsub or table.sort callbacks"},
    /* misuse of the modules */
    {"http.get(nil)", "http.get: expected"},
    {"http.get('http://a.example/', { retries = 3 })", "http.get: unknown option \"retries\""},
    {"flow.sleep 'soon'", "flow.sleep: expected a duration"},
    {"flow.step(nil, print)", "flow.step: expected a name, got nothing"},
    {"flow.all { 1 }", "flow.all: entry 1: expected a function, got the number 1"},
    {"flow.race {}", "flow.race: expected at least one function"},
    {"flow.log {}", "flow.log: expected a message, got a table"},
    {"flow:log 'x'", "got flow itself (write flow.name(…) with a dot)"},
    {"flow.fail('x', 'limit.cpu')", "flow.fail: \"limit.cpu\" is a code of the host's own"},
    {"agent.ask()", "agent.ask: expected"},
};

static void each_names_function_rule_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *said = refused(rows[i].line), *failed = strstr(said, "7 failed script.error ");
        const char *line_end = failed ? strchr(failed, '\n') : NULL;
        if (!failed || !strstr(failed, rows[i].message) || !strstr(failed, "p/k.lua:3: ") ||
            strncmp(line_end - 10, " p/k.lua:3", 10) != 0)
            fail_msg("%s: %s", rows[i].line, said);
    }
}

/* They are not there at all, so the message is Lua's own and names them. */
static void what_is_not_there_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *line, *name;
    } gone[] = {
        {"trigger {}", "global 'trigger'"},
        {"io.open 'x'", "global 'io'"},
        {"debug.getinfo(1)", "global 'debug'"},
        {"package.path = ''", "global 'package'"},
        {"dofile 'x'", "global 'dofile'"},
        {"loadfile 'x'", "global 'loadfile'"},
        {"collectgarbage()", "global 'collectgarbage'"},
        {"warn 'x'", "global 'warn'"},
        {"string.dump(print)", "field 'dump'"},
        {"os.exit()", "field 'exit'"},
        {"os.getenv 'HOME'", "field 'getenv'"},
        {"os.execute 'x'", "field 'execute'"},
        {"os.remove 'x'", "field 'remove'"},
        {"os.setlocale 'C'", "field 'setlocale'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
        const char *said = refused(gone[i].line);
        if (!strstr(said, "7 failed script.error p/k.lua:3: ") || !strstr(said, gone[i].name))
            fail_msg("%s: %s", gone[i].line, said);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_names_function_rule_and_line),
        TEST(what_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
