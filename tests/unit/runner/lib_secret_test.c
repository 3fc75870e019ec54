/* SPDX-License-Identifier: MIT */
/* secret "NAME" in the real vm. The module `probe` is the host table, which scripts never get. */
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

static void expect(const char *body, const char *wanted)
{
    const char *said = rig_run(&rig, body);
    if (!strstr(said, wanted))
        fail_msg("%s\n  said %s  wanted %s", body, said, wanted);
}

/* An expression that must raise this message. */
static void expect_raised(const char *expression, const char *message)
{
    char body[1024], wanted[512];
    snprintf(body, sizeof body,
             "local s, t = secret 'KEY', secret 'OTHER'\n"
             "local ok, err = pcall(function() return %s end)\n"
             "return { ok, (tostring(err):gsub('^p/k.lua:%%d+: ', '')) }",
             expression);
    snprintf(wanted, sizeof wanted, "7 finished [false,\"%s\"]", message);
    expect(body, wanted);
}

static void a_secret_is_joined_and_shown_by_name(void **state)
{
    (void)state;
    expect("return tostring(secret 'API_KEY')", "7 finished \"[secret API_KEY]\"");
    expect("return tostring('Bearer ' .. secret 'A' .. '-' .. secret 'B' .. 7 .. 1.5)",
           "7 finished \"Bearer [secret A]-[secret B]71.5\"");
    expect("return tostring(1 .. secret 'A' .. '')", "7 finished \"1[secret A]\"");
    expect("return string.format('%s', secret 'A')", "7 finished \"[secret A]\"");
    expect("print('key', secret 'A') return 1", "{\"message\":\"key\\t[secret A]\"}");
    expect("return { type(secret 'A'), require 'secret' == secret, getmetatable(secret 'A') }",
           "7 finished [\"userdata\",true,false]");
}

static void parts_are_for_lualib(void **state)
{
    (void)state;
    expect("return host.secret_parts('Bearer ' .. secret 'KEY')",
           "7 finished [\"Bearer \",{\"name\":\"KEY\"}]");
    expect("return host.secret_parts((secret 'KEY' .. 'a') .. ('b' .. secret 'KEY'))",
           "7 finished [{\"name\":\"KEY\"},\"ab\",{\"name\":\"KEY\"}]");
    expect("local s = '' .. secret 'KEY' for i = 1, 3 do s = s .. i end "
           "return host.secret_parts('' .. s .. '')",
           "7 finished [{\"name\":\"KEY\"},\"123\"]");
    expect("return { host.secret_parts('x') == nil, host.secret_parts(nil) == nil,"
           " host.secret_parts { ['$secret'] = { { name = 'KEY' } } } == nil,"
           " host.secret_parts(setmetatable({}, { __name = 'secret' })) == nil }",
           "7 finished [true,true,true,true]");
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const char read[] = "a secret cannot be read: join it with .. and give it to http";
    expect_raised("#s", "a secret has no length that a script may know");
    expect_raised("s == t", "a secret cannot be compared");
    expect_raised("s == secret 'KEY'", "a secret cannot be compared");
    expect_raised("s < t", "a secret cannot be compared");
    expect_raised("s <= 'x'", "a secret cannot be compared");
    expect_raised("s:byte(1)", read);
    expect_raised("s.name", read);
    expect_raised("s[1]", read);
    expect_raised("pairs(s)", read);
    expect_raised("s()", "a secret cannot be called");
    expect_raised("(function() s.name = 'x' end)()", "a secret cannot be changed");
    expect_raised("s .. nil", "attempt to concatenate a nil with a secret");
    expect_raised("{} .. s", "attempt to concatenate a table with a secret");
    expect_raised("setmetatable(s, {})",
                  "bad argument #1 to 'setmetatable' (table expected, got secret)");
    expect_raised("string.byte(s)", "bad argument #1 to 'byte' (string expected, got secret)");
    expect_raised("string.rep(s, 2)", "bad argument #1 to 'rep' (string expected, got secret)");
    expect_raised("table.concat { s }", "invalid value (at index 1) in table for 'concat'");
    expect_raised("load(s)", "bad argument #1 to 'load' (function expected, got secret)");
}

static void it_goes_into_no_json(void **state)
{
    (void)state;
    expect("return secret 'KEY'", "result: a secret cannot be written as JSON");
    expect("return { a = { 'x' .. secret 'KEY' } }",
           "result.a[1]: a secret cannot be written as JSON");
    expect("return { pcall(require('json').encode, { k = secret 'KEY' }) }",
           "[false,\"json.encode: value.k: a secret cannot be written as JSON\"]");
    expect("return { pcall(host.record, 'log', 0, 0, nil, { m = secret 'KEY' }) }",
           "arguments.m: a secret cannot be written as JSON");
    expect("return { pcall(host.op, 'http', 'x', { m = secret 'KEY' }) }",
           "arguments.m: a secret cannot be written as JSON");
    expect("return { pcall(require('template').render, '{{k}}', { k = secret 'KEY' }) }",
           "a secret");
    expect("error(secret 'KEY')", "7 failed script.error");
}

static void a_name_is_checked(void **state)
{
    (void)state;
    static const char form[] = "secret: a name is 1 to 64 capitals, digits and _, and starts with "
                               "a capital, such as \\\"API_KEY\\\"";
    expect_raised("secret ''", form);
    expect_raised("secret 'key'", form);
    expect_raised("secret '1A'", form);
    expect_raised("secret 'A\\0B'", form);
    expect_raised("secret(('A'):rep(65))", form);
    expect_raised("secret()", "secret: expected a name such as \\\"API_KEY\\\", got nothing");
    expect_raised("secret {}", "secret: expected a name such as \\\"API_KEY\\\", got table");
    expect_raised("secret(7)", "secret: expected a name such as \\\"API_KEY\\\", got number");
    expect("return tostring(secret(('A'):rep(64)))", "AAAA]");
}

static void one_made_at_load_lives_on_in_the_image(void **state)
{
    (void)state;
    rig_load(&rig, 1,
             "local key = 'Bearer ' .. secret 'KEY'\n"
             "return trigger { run = function() return tostring(key) end }");
    assert_non_null(strstr(rig_go(&rig), "1 loaded"));
    for (int i = 0; i < 3; i++) {
        rig_start(&rig, 7);
        assert_non_null(strstr(rig_go(&rig), "7 finished \"Bearer [secret KEY]\""));
    }
}

static void callbacks_of_c_cannot_join(void **state)
{
    (void)state;
    expect("return { pcall(string.gsub, 'x', 'x', function() return secret 'A' .. 'b' end) }",
           "a secret cannot be joined inside string.gsub or table.sort callbacks");
    expect("local s = select(2, pcall(function() return secret 'A' .. 'b' .. secret 'C' end))\n"
           "for x in function(_, i) if not i then return 'd' .. s .. 'e' end end do s = x end\n"
           "local t = setmetatable({}, { __index = function(_, k) return s .. k end })\n"
           "return tostring(t.f)",
           "7 finished \"d[secret A]b[secret C]ef\"");
}

static void long_joins_meet_the_limits(void **state)
{
    (void)state;
    expect("local s = secret 'KEY' while true do s = s .. s end", "7 failed limit.memory");
}

/* See join in lib_secret.c: the stack grows in the midst of some of these chains. */
static void chains_are_joined_right_at_any_depth(void **state)
{
    (void)state;
    struct frame_start slow = rig_defaults;
    slow.cpu_ms = 10000; /* under sanitizers, on a busy machine */
    rig_load_body(
        &rig,
        "local k = secret 'K'\n"
        "local function deep(n)\n"
        "  local s = 'a' .. k .. 'b' .. k .. 'c' .. k\n"
        "  if tostring(s) ~= 'a[secret K]b[secret K]c[secret K]' then error('wrong at ' .. n) end\n"
        "  if n > 0 then local r = deep(n - 1) return r end\n"
        "  return 'right'\n"
        "end\n"
        "for n = 1, 150 do coroutine.wrap(deep)(n) end\n"
        "return deep(150)");
    frame_put_start(&rig.in, 7, &slow);
    assert_non_null(strstr(rig_go(&rig), "7 finished \"right\""));
}

#define RIG(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG(a_secret_is_joined_and_shown_by_name),
        RIG(parts_are_for_lualib),
        RIG(everything_else_is_refused),
        RIG(it_goes_into_no_json),
        RIG(a_name_is_checked),
        RIG(one_made_at_load_lives_on_in_the_image),
        RIG(callbacks_of_c_cannot_join),
        RIG(long_joins_meet_the_limits),
        RIG(chains_are_joined_right_at_any_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
