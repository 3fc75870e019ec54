/* SPDX-License-Identifier: MIT */
/* generate.h - makes triggers from a number: what they compute depends on everything that differs
 * between machines, processes and moments if the sandbox lets it: the order of keys, addresses,
 * clocks, random numbers, hash seeds, collections, preemption, and the order of tasks. Each says by
 * `put` what it sees. Owner: one test. Thread: one. */
#pragma once
#include "base/buf.h"
#include <stdint.h>
#include <string.h>

struct generator {
    struct buf *out;
    uint64_t random;
    int depth; /* of groups and tasks that are open */
    int names;
};

static inline uint32_t generate_below(struct generator *g, uint32_t n)
{
    g->random ^= g->random << 13;
    g->random ^= g->random >> 7;
    g->random ^= g->random << 17;
    return (uint32_t)(g->random >> 33) % n;
}

/* Parts in which each '`' is a fresh small number and each '@' a name of its own. */
static inline void generate_fill(struct generator *g, const char *text)
{
    for (int name = ++g->names; *text; text++) {
        if (*text == '`')
            buf_printf(g->out, "%u", (unsigned)generate_below(g, 90) + 1);
        else if (*text == '@')
            buf_printf(g->out, "v%d", name);
        else
            buf_char(g->out, *text);
    }
    buf_char(g->out, '\n');
}

/* What needs no step. */
static const char *const generate_plain[] = {
    /* the order of keys */
    "local @ = {} for i = 1, ` do @[i * 7 % 31] = i @['k' .. i * ` % 101] = i @[i / 4] = i @[-i] = i "
    "end @[true] = 1 @[false] = 2 for k, v in pairs(@) do put(k, v) end",
    "local @ = {} for i = 1, ` do @['x' .. i] = i end for k in pairs(@) do if #k % 2 == 0 then @[k] = "
    "nil end put(k) end put(next(@))",
    "local @ = { [print] = 1, 5, 4, a = 3 } for k, v in pairs(@) do put(k, v) end put(@[print])",
    "local @, n = {}, 0 for i = 1, ` * 40 do @[tostring(i * 7919)] = i end for k in next, @ do n = n + "
    "1 if n % 97 == 0 then put(k) end end put(n)",
    "put(pcall(function() for _ in pairs { [{}] = 1, [{}] = 2 } do end end))",
    "local @ = setmetatable({ 3, 4 }, { __pairs = function(t) return function(_, i) i = (i or 0) + 1 "
    "if t[i] then return i, t[i] end end, t end }) for i, v in pairs(@) do put(i, v) end",
    "local @ = {} for i = 1, ` do @[i] = i end for i = 1, `, 3 do @[i] = nil end put(#@ >= 0, "
    "select('#', table.unpack(@, 1, 20)))",
    /* sorting */
    "local @ = {} for i = 1, ` do @[i] = { i * ` % 17, i } end table.sort(@, function(a, b) return "
    "a[1] < b[1] end) for _, p in ipairs(@) do put(p[1], p[2]) end",
    "local @ = {} for i = 1, ` do @[i] = ('%x'):format(i * 2654435761 % 4096) end table.sort(@) "
    "put(table.concat(@, ' '))",
    "local @ = {} for i = 1, ` do @[i] = i * 37 % 19 end put(pcall(table.sort, @, function() return "
    "true end)) put(table.concat(@, ','))",
    "local @ = {} for i = 1, ` do @[i] = math.random(50) end table.sort(@, function(a, b) return a > b "
    "end) put(table.concat(@, ','))",
    "put(pcall(table.sort, { 3, 'x', {}, print }))",
    /* addresses */
    "put({}, print, coroutine.create(print), put) put(('%s %s'):format({}, function() end))",
    "put(pcall(function() return {} .. 'x' end)) put(pcall(function() return #nil end)) put(pcall({}))",
    "put(pcall(error, {})) put(pcall(error, nil)) put(select(2, pcall(error, setmetatable({}, { "
    "__tostring = function() return 'own `' end }))))",
    "put(tostring(setmetatable({}, { __name = 'named' })), tostring(io), rawequal({}, {}))",
    "put(pcall(string.format, '%p', {})) put(pcall(string.rep)) put(pcall(math.floor, {}))",
    /* clocks */
    "put(os.time(), os.clock(), os.date('%c'), os.date('!%j %U %p'), os.date('%x %X', ` * 86400 * 365))",
    "for k, v in pairs(os.date('*t')) do put(k, v) end put(os.time { year = 20`, month = `, day = `, "
    "hour = ` })",
    "put(event.at, event.runId, event.body.n, os.difftime(os.time(), 0))",
    /* random numbers */
    "put(math.random(), math.random(`), math.random(0), math.random(-`, `))",
    "math.randomseed(`) put(math.random(1000)) math.randomseed(`.5, `) put(math.random(1000))",
    "math.randomseed() put(math.random(1 << 40))",
    /* strings */
    "local @ = {} for i = 1, ` do @[i] = string.char(97 + i * ` % 26) end put(table.concat(@):rep(3, "
    "'-'):upper():reverse())",
    "put((('the quick brown fox `'):gsub('%w+', function(w) return w:sub(1, 1):upper() .. w:sub(2) "
    "end)))",
    "put((('$a $b $c'):gsub('%$(%w)', { a = '`', b = false, c = ` })))",
    "for k, v in ('a=`, b=`, c=`'):gmatch '(%w+)=(%w+)' do put(k, v) end",
    "put(('%q %5.2f %-8s| %+d %g %a'):format('a\\n\\0`', ` / 7, 'x', `, `e`, ` / 3))",
    "put(('x'):rep(`):find(('x?'):rep(` % 9) .. 'y'), ('key = value'):match '^(%w+)%s*=%s*(%w+)$')",
    "local @ = '' for i = 1, ` do @ = @ .. i .. ';' end put(#@, @:sub(-`))",
    "put(string.pack('<i4 z s1 d', `, 'z`', 's`', ` / 3):byte(1, -1))",
    "for _, c in utf8.codes 'aß€😀`' do put(c, utf8.char(c)) end put(utf8.len 'ß`', utf8.offset('aß€', "
    "3))",
    "put(#(('y'):rep(` * 1000) .. `), tostring(` / `), ` // 7, ` % 7, 2 ^ `, -` // 7, -` % 7.5)",
    "put(1e15, 1e16, 2 ^ 53, 0.1 + 0.2, math.maxinteger + `, 1 / 0, math.tointeger(`.0), 7 // 0.0)",
    /* coroutines */
    "local @ = coroutine.wrap(function(a) for i = 1, ` do a = a + coroutine.yield(i * a) end return a "
    "end) for i = 1, 5 do put(pcall(@, i)) end",
    "local @ = coroutine.create(function() coroutine.yield(coroutine.isyieldable()) error({}) end) "
    "put(coroutine.resume(@)) put(coroutine.status(@)) put(coroutine.resume(@)) "
    "put(coroutine.close(@))",
    "local @ = coroutine.wrap(function() local x <close> = setmetatable({}, { __close = function() "
    "put 'closed' end }) coroutine.yield(`) end) put(@()) put(pcall(@)) put(pcall(@))",
    "local function @(n) if n == 0 then return 0 end return 1 + coroutine.wrap(@)(n - 1) end put(@(`  "
    "% 40))",
    "put(coroutine.running()) put(pcall(coroutine.yield, 1))",
    /* metatables, environments, text that is loaded */
    "local @ = setmetatable({}, { __index = function(t, k) put('index', k) return k .. '`' end, __len = "
    "function() return ` end, __call = function(_, a) return a end, __add = function(a, b) return "
    "'cat' end }) put(@.x, #@, @(`), @ + 1)",
    "put(load('return ' .. ` .. ' + (...)')(`)) put(load 'x x x') put(load('return v', 'n', 't', { v = "
    "` })())",
    "put(pcall(load, nil)) put(load('error \"in\"')) put(pcall(load('error \"in `\"')))",
    "put(#table.pack(table.unpack({ 1, 2, nil, ` }, 1, 4))) put(select(-1, 1, 2, `))",
    "local @ = { 1, 2, 3, `, 5 } table.move(@, 2, 5, 1) table.insert(@, 2, `) put(table.remove(@, 1), "
    "table.concat(@, '.'))",
    "put(xpcall(function() local x = nil; return x.y end, function(m) return 'handled ' .. m end))",
    "goto done@ put 'never' ::done@:: put(`)",
    /* collections and preemption */
    "for i = 1, ` * 12 do local s = ('g'):rep(3000) .. i if i % 200 == 0 then put(#s) end end",
    "local @ = 0 for i = 1, ` * 5000 do @ = @ + i % 7 end put(@)",
    "local @ = {} for i = 1, ` * 200 do @[i] = { i } end put(#@)",
    "local @ = 0 for w in ('word '):rep(` * 100):gmatch '%a+' do @ = @ + #w end put(@)",
    /* JSON and templates */
    "put(json.encode { z = 1, a = { `, `.5, json.null }, m = { ['10'] = 1, ['9'] = 2 } })",
    "for k, v in pairs(json.decode '{\"b\":[1,2,`],\"a\":{\"x\":null},\"c\":\"`\"}') do put(k, v) end",
    "put(template.render('{{a}} {{#each l}}{{n}},{{/each}} {{m | json}}', { a = `, l = { { n = 1 }, { n = ` } }, m = "
    "{ y = 1, x = 2 } }))",
};

/* Records and steps. `B` is a block of statements of its own. */
static const char *const generate_steps[] = {
    "flow.sleep '`s' put(os.time())",
    "put(pcall(flow.sleep, '`m'))",
    "flow.log('log `', { at = os.clock(), n = math.random(`) })",
    "flow.emit('progress', { ` , math.random() })",
    "print('printed', `, {}, os.clock())",
    "do local ok, r = pcall(http.get, 'http://h`.example/`', { headers = { B = `, a = '`' }, query = { "
    "q = `, a = { 1, ` } } }) put(ok, ok and r.status or r.code, ok and r.body or r.message) end",
    "put(pcall(http.post, 'https://x.example', { json = { z = `, a = { ` } }, retry = ` % 4, timeout = "
    "'`s' }))",
    "put(flow.step('group `', function()\nB\nreturn `, { b = `, a = ` } end))",
    "put(pcall(flow.step, 'fails `', function()\nB\nerror({ code = 'own.`', message = 'm`' }) end))",
    "do local n = 0 put(flow.step('again `', function() n = n + 1 if n < 3 then error 'not yet' end "
    "return n end, { retry = 5 })) end",
    "put(pcall(flow.step, 'timed `', function()\nB\nflow.sleep '`s' return 'in time' end, { timeout = "
    "'`s' }))",
    "do local r = flow.all { function()\nB\nflow.sleep '`s' return 'a' end, function()\nB\nreturn "
    "math.random(`) end, function() flow.sleep '`s' return os.time() end } put(r[1], r[2], r[3]) end",
    "put(pcall(flow.all, { function() flow.sleep '`s'\nB\nend, function() flow.sleep '`s' error 'one "
    "fails' end }))",
    "put(flow.race { function()\nB\nflow.sleep '`s' return 'first' end, function() flow.sleep '`s'\nB\n"
    "return 'second' end, function() return http.get('http://race.example/`').status end })",
    "for k in pairs { a = 1, b = 2, [`] = 3 } do flow.sleep '`s' put(k) end",
    "put(coroutine.wrap(function() flow.sleep '`s' coroutine.yield 'between' flow.sleep '`s' end)())",
    "do local t = setmetatable({}, { __index = function(_, k) flow.sleep '`s' return k .. os.time() end "
    "}) put(t.late) end",
};

static inline void generate_block(struct generator *g, int most);

static inline void generate_one(struct generator *g, const char *text)
{
    const char *block = strstr(text, "\nB\n");
    if (!block) {
        generate_fill(g, text);
        return;
    }
    struct buf head;
    buf_init(&head, 4096);
    buf_add(&head, text, (size_t)(block - text));
    buf_char(&head, '\n');
    buf_char(&head, '\0');
    generate_fill(g, head.data);
    buf_done(&head);
    generate_block(g, 3);
    generate_one(g, block + 3);
}

static inline void generate_block(struct generator *g, int most)
{
    g->depth++;
    int count = 1 + most / 4 + (int)generate_below(g, (uint32_t)most);
    for (int i = 0; i < count; i++) {
        bool step = generate_below(g, 5) < 2 && g->depth <= 3;
        bool caught = step && g->depth == 1;
        buf_str(g->out, caught ? "put(pcall(function()\n" : "do ");
        generate_one(g, step ? generate_steps[generate_below(g, ARRAY_LEN(generate_steps))]
                             : generate_plain[generate_below(g, ARRAY_LEN(generate_plain))]);
        buf_str(g->out, caught ? "end))\n" : "end\n");
    }
    g->depth--;
}

/* The source of the trigger with this number. */
static inline void generate_trigger(struct buf *out, uint64_t number)
{
    struct generator g = {.out = out, .random = number * 0x9e3779b97f4a7c15U + 88172645463325252U};
    buf_str(out,
            "local flow, http, json, template = require 'flow', require 'http', require 'json', "
            "require 'template'\n"
            "return trigger { run = function(event)\n"
            "local said, n, sum = {}, 0, 0\n"
            "local function put(...)\n"
            "  for i = 1, select('#', ...) do\n"
            "    local s = tostring((select(i, ...)))\n"
            "    n = n + 1\n"
            "    if n <= 400 then said[n] = s:gsub('[^\\32-\\126]', '?') end\n"
            "    for at = 1, #s, 7 do sum = (sum * 31 + s:byte(at)) % 1000000007 end\n"
            "  end\n"
            "end\n");
    generate_block(&g, 20);
    buf_str(out, "return { said = said, n = n, sum = sum }\nend }\n");
}
