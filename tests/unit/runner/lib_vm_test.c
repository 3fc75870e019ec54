/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "runner/run/script.h"
#include "runner/vm/tick.h"
#include <string.h>

/* The libraries under the real vm: its arena, its CPU ticks, its kills and its collections. */

struct bench {
    struct script_port port;
    struct buf out, scratch;
    void *range;
    struct script *script;
    int preemptions;
};

enum { BUF_MAX = 1 << 20 };

static void bench_init(struct bench *b, uint32_t cpu_ms)
{
    struct vm_limits limits = {.cpu_ms = cpu_ms,
                               .memory_bytes = 16 << 20,
                               .steps = 10,
                               .output_bytes = BUF_MAX,
                               .record_bytes = 1 << 16};
    memset(b, 0, sizeof *b);
    buf_init(&b->out, BUF_MAX);
    buf_init(&b->scratch, BUF_MAX);
    b->port.out = &b->out;
    b->port.scratch = &b->scratch;
    b->range = arena_reserve(VM_RANGE);
    assert_non_null(b->range);
    if (setjmp(b->port.death.jump))
        fail_msg("killed while opening: %s", b->port.death.message);
    b->script = script_new(b->range, &b->port, &limits);
    assert_int_equal(lua_gettop(b->script->vm.L), 0);
}

static void bench_done(struct bench *b)
{
    arena_unreserve(b->range, VM_RANGE);
    buf_done(&b->out);
    buf_done(&b->scratch);
}

static void run(struct bench *b, const char *chunk)
{
    struct script *s = b->script;
    lua_State *co = s->tasks.root.co;
    assert_int_equal(luaL_loadbufferx(co, chunk, strlen(chunk), "@p/t.lua", "t"), LUA_OK);
    tasks_start(s, 0);
    struct error err;
    assert_true(tick_start(&err));
    if (setjmp(b->port.death.jump) == 0) {
        enum tasks_turn turn;
        do {
            tick_enter(&s->vm);
            turn = tasks_turn(s);
            tick_leave();
            b->preemptions += turn == TASKS_PREEMPTED;
        } while (turn == TASKS_PREEMPTED);
    }
    tick_leave();
    tick_stop();
}

static void expect_kill(const char *chunk, const char *code, uint32_t cpu_ms)
{
    struct bench b;
    bench_init(&b, cpu_ms);
    run(&b, chunk);
    if (strcmp(b.port.death.code, code) != 0)
        fail_msg("%s: '%s' instead of %s", chunk, b.port.death.code, code);
    assert_string_equal(b.port.death.at, "p/t.lua:1");
    bench_done(&b);
}

/* Gives how often the run was preempted. */
static int expect_end(const char *chunk)
{
    struct bench b;
    bench_init(&b, 60000);
    run(&b, chunk);
    if (b.port.death.code[0])
        fail_msg("%s: killed with %s: %s", chunk, b.port.death.code, b.port.death.message);
    if (b.script->tasks.root.state != TASK_ENDED)
        fail_msg("%s: %s", chunk, lua_tostring(b.script->tasks.root.co, -1));
    int preemptions = b.preemptions;
    bench_done(&b);
    return preemptions;
}

static void what_never_ends_is_killed(void **state)
{
    (void)state;
    static const char *const chunks[] = {
        "string.find(('a'):rep(30), ('a?'):rep(30) .. ('a'):rep(30))",
        "pcall(string.gsub, ('a'):rep(1000000), '(a*)(a*)(a*)b', '')",
        "table.move({}, 1, 1 << 62, 2)",
        "pcall(table.insert, setmetatable({}, {__len = function() return 1 << 62 end}), 1, 'x')",
        "table.sort({1, 2}, function() while true do end end)",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
        "for k in ('a'):rep(2000):gmatch(('(a-)'):rep(20) .. 'b') do end",
        "local t = setmetatable({}, {__index = function(t, k) return '' end}) table.concat(t, '', 1, 1 << 62)",
    };
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++)
        expect_kill(chunks[i], "limit.cpu", 20);
}

static void what_grows_too_large_is_killed(void **state)
{
    (void)state;
    static const char *const chunks[] = {
        "pcall(string.rep, 'x', 1 << 40)",
        "pcall(string.gsub, ('x'):rep(1 << 20), 'x', ('y'):rep(1 << 20))",
        "local t = {} for i = 1, 1 << 30 do t[i] = coroutine.create(print) end",
        "pcall(table.sort, setmetatable({}, {__len = function() return 1 << 30 end}))",
    };
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++)
        /* However slow the machine, memory is what ends it. */
        expect_kill(chunks[i], "limit.memory", 60000);
}

static void nested_coroutines_are_preempted_and_go_on(void **state)
{
    (void)state;
    int preemptions =
        expect_end("local function work(n)\n"
                   "  local sum = 0\n"
                   "  for i = 1, n do sum = (sum * 31 + i) % 1000003 end\n"
                   "  return sum\n"
                   "end\n"
                   "local want = work(2000000)\n"
                   "local got = coroutine.wrap(function()\n"
                   "  local co = coroutine.create(function(n)\n"
                   "    return coroutine.wrap(function(m) coroutine.yield(work(m)) end)(n)\n"
                   "  end)\n"
                   "  return select(2, coroutine.resume(co, 2000000))\n"
                   "end)()\n"
                   "assert(got == want)");
    assert_true(preemptions > 0);
}

static void garbage_of_coroutines_does_not_kill(void **state)
{
    (void)state;
    expect_end("for i = 1, 3000 do\n"
               "  local co = coroutine.wrap(function() coroutine.yield(('x'):rep(50000)) end)\n"
               "  assert(#co() == 50000)\n"
               "end");
    expect_end("local t = {} for i = 1, 2000 do t['k' .. i] = i end\n"
               "for i = 1, 300 do for k in pairs(t) do end end");
    expect_end("for i = 1, 30000 do setmetatable({('x'):rep(1000) .. i}, {__index = {}}) end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_ends_is_killed),
        cmocka_unit_test(what_grows_too_large_is_killed),
        cmocka_unit_test(nested_coroutines_are_preempted_and_go_on),
        cmocka_unit_test(garbage_of_coroutines_does_not_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
