/* SPDX-License-Identifier: MIT */
/* Scripts that want out. What is tried must come to nothing, and the next run must not notice. */
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

static void only_the_named_globals_exist(void **state)
{
    (void)state;
    assert_string_equal(
        rig_run(&rig, "local t = {} for k in pairs(_G) do t[#t + 1] = k end return t"),
        "7 admitted -\n7 finished [\"_G\",\"_VERSION\",\"assert\",\"coroutine\",\"error\","
        "\"getmetatable\",\"ipairs\",\"load\",\"math\",\"next\",\"os\",\"pairs\",\"pcall\","
        "\"print\",\"rawequal\",\"rawget\",\"rawlen\",\"rawset\",\"require\",\"secret\",\"select\","
        "\"setmetatable\",\"string\",\"table\",\"tonumber\",\"tostring\",\"type\",\"utf8\","
        "\"xpcall\"]\n");
    assert_string_equal(
        rig_run(&rig,
                "return { io, os.execute, os.exit, os.getenv, os.remove, debug, package, dofile,\n"
                "collectgarbage, string.dump, loadfile, loadstring, warn }"),
        "7 admitted -\n7 finished {}\n");
}

/* Each must end with `true`, and each is run twice: from a load and from an image. */
static void ways_out_are_shut(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "return load('\\27Lua') == nil",
        "return load(function() return nil end) ~= nil",
        "return not pcall(setmetatable, {}, { __gc = print })",
        "return not pcall(setmetatable, {}, { __mode = 'k' })",
        "return getmetatable('') == false",
        "return getmetatable(event) == false and not pcall(setmetatable, event, {})",
        "rawset(event, 'own', 1) return event.body.n == 1",
        "return not pcall(require, 'os') and not pcall(require, '../lualib/flow')",
        "return not pcall(require, 'host') and package == nil",
        "return not pcall(string.format, '%9999d', 1)",
        "return tostring(print) == 'function' and tostring({}) == 'table'",
        "return not pcall(require, 'lib.x')",
        "local ok, e = pcall(error, setmetatable({}, { __tostring = function() error 'x' end }))\n"
        "return not ok",
        "string.rep = nil return event.runId == 'run_1'",
        "setmetatable(_G, { __index = function() error 'no' end, __newindex = function() end })\n"
        "return true",
        "local co = coroutine.running() return not coroutine.resume(co)",
        "return not coroutine.isyieldable()",
        "return not pcall(coroutine.close, coroutine.running())",
        "local t = host.spawn(print) return getmetatable(t) == false and not pcall(next, t)",
        "pcall(host.join, t) return not pcall(function() return #host.spawn(print) end)",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        const char *said = rig_run(&rig, bodies[i]);
        if (!strstr(said, "7 finished true\n"))
            fail_msg("%s: %s", bodies[i], said);
        rig_start(&rig, 7);
        assert_non_null(strstr(rig_go(&rig), "7 finished true\n"));
    }
}

/* However they end, the runner is well. */
static void bombs_hurt_only_themselves(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "local s = string.rep('a', 50000) return s:find(string.rep('a-', 200) .. 'b')",
        "local t = {} for i = 1, 100 do t = { t, t } end return t",
        "local t = {} for i = 1, 200 do t = { t } end return t",
        "local t = {} for i = 1, 300000 do t[i] = i end return t",
        "return { [1] = 1, [3] = 3 }",
        "return { [2^53] = 1 }",
        "return setmetatable({}, { __index = function() while true do end end })",
        "local function f() return pcall(f) end return f()",
        "local function f(...) return f(1, ...) end f()",
        "local t = {} for i = 1, 250 do t[i] = 'a' .. i end return string.format(table.concat(t))",
        "return load('return ' .. string.rep('(', 190) .. '1' .. string.rep(')', 190))()",
        "local co co = coroutine.wrap(function() co() end) co()",
        "local function nest(n) return coroutine.wrap(function() return nest(n + 1) end)() end nest(1)",
        "for i = 1, 1e6 do coroutine.wrap(function() coroutine.yield() end)() end",
        "string.gsub(string.rep('a', 200), 'a', function(c) return string.gsub(c, 'a', function() error 'x' end) end)",
        "table.sort({ 3, 1, 2 }, function() return true end) table.concat(setmetatable({}, { __len = function() return 1e9 end }))",
        "local t = setmetatable({}, { __pairs = function() error 'x' end }) for k in pairs(t) do end",
        "do local x <close> = setmetatable({}, { __close = function() host.op('x') end }) error 'y' end",
        "return table.unpack({}, 1, 1e7)",
        "return math.random(0), utf8.char(table.unpack({ 1, 2, 3 })), string.pack('i16', 1)",
        "xpcall(function() error 'a' end, function() error 'b' end) local x = nil .. 'a'",
        "goto done do local a <const> = 1 end ::done:: return -(-9223372036854775807 - 1) // -1",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        for (int images = 0; images <= 1; images++) {
            rig.loop.images.off = !images;
            rig_run(&rig, bodies[i]);
            rig_put(&rig, FRAME_DROP, 7);
            assert_string_equal(rig_run(&rig, "return 'well'"),
                                "7 admitted -\n7 finished \"well\"\n");
        }
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_named_globals_exist),
        TEST(ways_out_are_shut),
        TEST(bombs_hurt_only_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
