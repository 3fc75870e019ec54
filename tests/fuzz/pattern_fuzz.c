/* SPDX-License-Identifier: MIT */
/* The pattern functions and string.rep against stock Lua's: KIND INIT N (a byte each), then
 * PATTERN \f SUBJECT \f REPLACEMENT. The own ones go first: what they end by their step budget is
 * not asked of the stock ones, which would take as long as they like. */
#include "lua_fuzz.h"

enum { LONGEST = 512 };

static const char driver[] =
    "local stock_string = stock.string\n"
    "local function show(...)\n"
    "  local out = {}\n"
    "  for i = 1, select('#', ...) do\n"
    "    local v = select(i, ...)\n"
    "    out[i] = type(v) == 'string' and stock_string.format('%q', v) or tostring(v)\n"
    "  end\n"
    "  return table.concat(out, ' ')\n"
    "end\n"
    "local function outcome(ok, ...)\n"
    "  if ok then return show(...) end\n"
    "  local text = stock_string.gsub(tostring((...)), '^[^ ]*:%d+: ', '')\n"
    "  return 'error: ' .. stock_string.gsub(text, \"bad argument #%d to '[^']*'\", 'bad argument')\n"
    "end\n"
    "local function all_matches(lib, s, p, init)\n"
    "  local out = {}\n"
    "  for a, b, c in lib.gmatch(s, p, init) do\n"
    "    out[#out + 1] = show(a, b, c)\n"
    "    if #out > 2000 then error('gmatch does not end') end\n"
    "  end\n"
    "  return table.concat(out, '|')\n"
    "end\n"
    "local replacements = {\n"
    "  function(r) return r end,\n"
    "  function(r) return function(a, b) if a == r then return b end return r end end,\n"
    "  function(r) return { [r] = 'known', a = false, b = 1, c = 2.5 } end,\n"
    "  function(r) return #r end,\n"
    "}\n"
    "local calls = {\n"
    "  function(lib, s, p, r, init, n) return lib.find(s, p, init) end,\n"
    "  function(lib, s, p, r, init, n) return lib.find(s, p, init, true) end,\n"
    "  function(lib, s, p, r, init, n) return lib.match(s, p, init) end,\n"
    "  function(lib, s, p, r, init, n) return all_matches(lib, s, p, init) end,\n"
    "  function(lib, s, p, r, init, n) return lib.gsub(s, p, r) end,\n"
    "  function(lib, s, p, r, init, n) return lib.gsub(s, p, r, n) end,\n"
    "  function(lib, s, p, r, init, n) return lib.rep(s, n, p) end,\n"
    "}\n"
    "return function(kind, init, n, p, s, r)\n"
    "  r = replacements[kind // 16 % #replacements + 1](r)\n"
    "  local call = calls[kind % 16 % #calls + 1]\n"
    "  local got = outcome(pcall(call, string, s, p, r, init, n))\n"
    "  local expected = outcome(pcall(call, stock_string, s, p, r, init, n))\n"
    "  if got ~= expected then return 'stock: ' .. expected .. '\\nown:   ' .. got end\n"
    "end\n";

static void prepare(lua_State *L)
{
    FUZZ_CHECK(luaL_dostring(L, driver) == LUA_OK, "%s", lua_tostring(L, -1));
}

static void push_part(lua_State *L, struct text *in)
{
    struct text part = fuzz_part(in);
    lua_pushlstring(L, part.data, part.len < LONGEST ? part.len : LONGEST);
}

static void compare(lua_State *L, struct text in)
{
    lua_pushvalue(L, 1);
    lua_pushinteger(L, fuzz_u8(&in));
    lua_pushinteger(L, (int8_t)fuzz_u8(&in));
    lua_pushinteger(L, (int8_t)fuzz_u8(&in));
    for (int i = 0; i < 3; i++)
        push_part(L, &in);
    FUZZ_CHECK(lua_pcall(L, 6, 1, 0) == LUA_OK, "%s", lua_tostring(L, -1));
    FUZZ_CHECK(lua_isnil(L, -1), "another result\n%s", lua_tostring(L, -1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_lua(compare, fuzz_text(data, size), prepare);
    return 0;
}
