-- SPDX-License-Identifier: MIT
-- The pattern functions against those of stock Lua: the same results, or both an error.
local stock_string, math = stock.string, stock.math

local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "string" and string.format("%q", v) or tostring(v)
  end
  return table.concat(out, " ")
end

-- Errors differ in their wording only where their place does.
local function outcome(ok, ...)
  if not ok then
    return "error: " .. tostring((...)):gsub("^[^ ]*:%d+: ", ""):gsub("bad argument #%d to '[^']*'", "bad argument")
  end
  return show(...)
end

local function all_matches(lib, s, p, init)
  local out = {}
  for a, b, c in lib.gmatch(s, p, init) do
    out[#out + 1] = show(a, b, c)
    if #out > 200 then
      error("gmatch does not end")
    end
  end
  return table.concat(out, "|")
end

local function compare(s, p, init, repl, n, only_gsub)
  local what = show(s, p, init, repl, n)
  local function same(name, f)
    local expected, got = outcome(pcall(f, stock_string)), outcome(pcall(f, string))
    if expected ~= got then
      error(string.format("%s(%s): stock gives %s, own %s", name, what, expected, got), 0)
    end
  end
  same("gsub", function(lib) return lib.gsub(s, p, repl, n) end)
  if only_gsub then
    return
  end
  same("find", function(lib) return lib.find(s, p, init) end)
  same("match", function(lib) return lib.match(s, p, init) end)
  same("gmatch", function(lib) return all_matches(lib, s, p, init) end)
end

-- subject, pattern
local cases = {
  {"", ""}, {"abc", ""}, {"", "a*"}, {"alo", "^a"}, {"alo", "a$"}, {"alo", "o$"}, {"alo", "^alo$"},
  {"aaab", ".*b"}, {"aaa", ".*a"}, {"aaa", ".*b"}, {"aaab", ".+b"}, {"aaa", ".+a"}, {"aaa", ".-a"},
  {"aaa", "a-"}, {"aaab", "a-b"}, {"aaab", "^a-$"}, {"aab", "a?b"}, {"b", "a?b"}, {"aab", "^a?b"},
  {"alo xyzK", "(%w+)K"}, {"254 K", "(%d*)K"}, {"alo ", "(%w*)$"}, {"alo wo", "(%w+)$"},
  {"äb", "[^\0-\127]"}, {"a\0b\0c", "%z"}, {"a\0b", "a.b"}, {"a\0b", "a\0b"}, {"\0\0\0", "%z+"},
  {"hello world", "o w"}, {"hello", "l+"}, {"hello", "(l)(l)"}, {"hello", "()ll()"}, {"hello", "(h)(.-)(o)"},
  {"key = value", "^(%w+)%s*=%s*(%w+)$"}, {"  trim  ", "^%s*(.-)%s*$"}, {"a,b,,c", "([^,]*)"},
  {"x^y", "x^y"}, {"x$y", "x$y"}, {"$", "$"}, {"^", "^^"}, {"^a", "[%^]a"}, {"a^", "a[%^%$]"},
  {"a]b", "[]]"}, {"a]b", "[^]]"}, {"a-b", "[a-]"}, {"a-b", "[-a]"}, {"0-9", "[%d-9]"}, {"abc", "[a-c]+"},
  {"abc", "[c-a]+"}, {"b]", "[a-]]"}, {"a%", "[%%]"}, {"a%", "%%"}, {"[x]", "%[(.)%]"}, {"ABC", "%u%l?"},
  {"f(a(b)c)d", "%b()"}, {"((x)", "%b()"}, {"xx", "%bxx"}, {"xyx", "%bxx"}, {"[[]]", "%b[]"}, {"abc", "%b"},
  {"abc", "%ba"}, {"abc", "a%b"}, {"THE (quick) fox", "%f[%a]%a+%f[%A]"}, {"abc", "%f[%z]"}, {"abc", "%f[%Z]"},
  {"abc", "%f"}, {"abc", "%fa"}, {"abc", "x%fa"}, {"abcabc", "(abc)%1"}, {"abab", "(a)(b)%1%2"}, {"aa", "(a)%2"},
  {"aa", "%1"}, {"aa", "(%1)"}, {"aa", "()%1"}, {"aa", "(a"}, {"aa", "a)"}, {"aa", "b)"}, {"aa", "(a))"},
  {"aa", "%"}, {"aa", "a%"}, {"aa", "b%"}, {"aa", "["}, {"aa", "[a"}, {"aa", "[]"}, {"aa", "[^]"}, {"aa", "[a%"},
  {"aa", "b[a"}, {"aa", "[%"}, {"aa", "(()"}, {"aa", "*"}, {"a*", "*"}, {"a+", "+"}, {"a?a", "?"}, {"-", "-"},
  {"aa", "a**"}, {"aa*", "a**"}, {"aaa", "a+-"}, {"aa", "(a*(.)%w(%s*))"}, {"0123456789", "(.+(.?)())"},
  {"xuxx uu ppar r", "()(x)"}, {"\255\254", "[\254-\255]+"}, {"aAbB1_", "[%w_]+"}, {"aAbB1_", "[^%w]+"},
  {"tab\there\n", "%c"}, {"a.b!c", "%p"}, {"a b", "%S+"}, {"0xFFg", "%x+"}, {"a b", "%g+"}, {"é", "%A+"},
  {("("):rep(3), ("("):rep(3)}, {"a", ("(a?)"):rep(32)}, {"a", ("(a?)"):rep(33)}, {"a", ("a?"):rep(199)},
  {("a"):rep(300), ("a?"):rep(198)}, {("a"):rep(300), ("a?"):rep(300)}, {("a"):rep(300), ("a-"):rep(250) .. "b"},
  {"abc", "%C%D%G%L%P%S%U%W%X"}, {"x", "%q"}, {"q", "%q"}, {"Z\0", "%Z%z"}, {"abc", "a%f[b]b()"},
}

local replacements = {
  "", "x", "%0", "%1", "%2", "%%", "%", "%x", "<%0>%1", 42, true, {a = "A", b = 1, c = false, aa = {}},
  function(a) return a end, function() return nil end, function() return {} end,
  function(a, b) return b end, "a\0b",
}

test("hand-picked patterns", function()
  for _, case in ipairs(cases) do
    collect()
    for _, repl in ipairs(replacements) do
      compare(case[1], case[2], nil, repl, nil, repl ~= "")
    end
    for _, init in ipairs {1, 2, 3, 100, 0, -1, -2, -100, math.maxinteger, math.mininteger} do
      compare(case[1], case[2], init, "r", init)
    end
  end
end)

-- Patterns that are mostly well formed, over an alphabet that makes matches likely.
local function pick(list)
  return list[math.random(#list)]
end

local letters = {"a", "a", "b", "b", "c", "\0", " ", "1", "(", ")", "-", "]", "\200"}
local items = {
  "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%A", "%W", "[ab]", "[^a]", "[a-c]", "[%a ]", "[^%s]", "[]]", "[-a]",
  "%(", "%)", "%-", "%]", "\0", "\200", "%b()", "%bab", "%f[%a]", "%f[^b]", "1", " ",
}
local odd = {"%", "[", "]", "(", ")", "^", "$", "%1", "%2", "%9", "%0", "%f", "%b", "*", "[a", "[^", "%z", "()"}
local signs = {"", "", "", "*", "+", "-", "?"}

local function subject()
  local out = {}
  for i = 1, math.random(0, 14) do
    out[i] = pick(letters)
  end
  return table.concat(out)
end

local function pattern()
  local out, open = {}, 0
  if math.random(8) == 1 then
    out[1] = "^"
  end
  for _ = 1, math.random(0, 6) do
    local kind = math.random(20)
    if kind <= 12 then
      out[#out + 1] = pick(items) .. pick(signs)
    elseif kind <= 15 then
      out[#out + 1] = "("
      open = open + 1
    elseif kind <= 18 and open > 0 then
      out[#out + 1] = ")"
      open = open - 1
    elseif kind == 19 then
      out[#out + 1] = "%" .. math.random(1, 3)
    elseif math.random(3) == 1 then
      out[#out + 1] = pick(odd)
    end
  end
  out[#out + 1] = (")"):rep(open)
  if math.random(8) == 1 then
    out[#out + 1] = "$"
  end
  return table.concat(out)
end

test("random patterns", function()
  math.randomseed(20261121)
  for round = 1, 3000 do
    if round % 500 == 0 then
      collect()
    end
    local init = math.random(4) == 1 and math.random(-16, 16) or nil
    local n = math.random(4) == 1 and math.random(-1, 3) or nil
    compare(subject(), pattern(), init, pick(replacements), n)
  end
end)

test("plain find", function()
  math.randomseed(7)
  for _ = 1, 3000 do
    local s, needle, init = subject(), subject():sub(1, math.random(0, 3)), math.random(-16, 16)
    assert(show(string.find(s, needle, init, true)) == show(stock_string.find(s, needle, init, true)))
  end
  assert(string.find("a.b", ".", 1, true) == 2)
  assert(string.find("a\0b", "\0b", 1, true) == 2)
end)

test("long runs of a set are read by table", function()
  local s = ("ab_9"):rep(1000) .. "!" .. ("-"):rep(600)
  for _, p in ipairs {"[%w_]+", "[^!]*", "[^!]*!", "[a-z_0-9]*()", "[!-]+$", "([%w]*)%1", "[^\0]+"} do
    compare(s, p, nil, "%0")
  end
end)

test("an error leaves gmatch usable", function()
  local next_match = string.gmatch(("a"):rep(400), ("a?"):rep(300) .. "()")
  for _ = 1, 300 do
    local ok, message = pcall(next_match)
    assert(not ok and message:find("pattern too complex", 1, true), message)
  end
end)

test("gmatch steps over empty matches", function()
  local out = {}
  for place in ("abc"):gmatch("()x*") do
    out[#out + 1] = place
  end
  assert(table.concat(out, ",") == "1,2,3,4")
end)

test("gsub callbacks", function()
  assert(("hello"):gsub("l", string.upper) == "heLLo")
  assert(("$name is $age"):gsub("%$(%w+)", {name = "Ada", age = 36}) == "Ada is 36")
  assert(("abc"):gsub("%w", setmetatable({}, {__index = function(_, k) return k:upper() end})) == "ABC")
  local ok, message = pcall(string.gsub, "abc", "b", function() error({code = 7}) end)
  assert(not ok and message.code == 7)
  -- a callback that runs the matcher again, many times
  local function nest(n)
    return n == 0 and "!" or (("ab"):gsub("b", function() return nest(n - 1) end))
  end
  assert(nest(100) == ("a"):rep(100) .. "!")
end)

test("the errors name what is wrong", function()
  for p, message in pairs {
    ["%"] = "malformed pattern (ends with '%')",
    ["[a"] = "malformed pattern (missing ']')",
    ["%f"] = "missing '[' after '%f' in pattern",
    ["%b"] = "malformed pattern (missing arguments to '%b')",
    [")"] = "invalid pattern capture",
    ["("] = "unfinished capture",
    ["%1"] = "invalid capture index %1",
  } do
    local ok, text = pcall(string.match, "abc", p)
    assert(not ok and text:find(message, 1, true), text)
  end
end)
