-- SPDX-License-Identifier: MIT
-- The table library against stock Lua's.
local stock_table = stock.table
local maxinteger, mininteger = math.maxinteger, math.mininteger

local function dump(t)
  if type(t) ~= "table" then
    return tostring(t)
  end
  local out = {}
  for k, v in pairs(t) do
    out[#out + 1] = tostring(k) .. "=" .. tostring(v)
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local function copy(t)
  local new = {}
  for k, v in pairs(t) do
    new[k] = v
  end
  return new
end

-- Runs lib[name] on a copy of t; gives what it returned and what became of the copy.
local function outcome(lib, name, t, ...)
  local t2 = type(t) == "table" and copy(t) or t
  local results = table.pack(pcall(lib[name], t2, ...))
  if not results[1] then
    return "error"
  end
  for i = 1, results.n do
    results[i] = dump(results[i])
  end
  return table.concat(results, " ") .. " " .. dump(t2)
end

local function compare(name, ...)
  local expected, got = outcome(stock_table, name, ...), outcome(table, name, ...)
  if expected ~= got then
    error(name .. dump(table.pack(...)) .. ": stock gives " .. expected .. ", own " .. got, 0)
  end
end

local lists = {{}, {1}, {1, 2, 3}, {"a", "b", "c", "d"}, {1, 2, [4] = 4}, {[0] = 0, 1, 2}, {[-1] = 1}, "text", 7}
local places = {0, 1, 2, 3, 4, 5, 6, -1, maxinteger, mininteger, 1.5, 2.0, "2", "x"}

test("insert and remove", function()
  for _, t in ipairs(lists) do
    compare("insert", t, "new")
    compare("insert", t)
    compare("insert", t, 1, 2, 3)
    compare("remove", t)
    compare("remove", t, nil)
    for _, at in ipairs(places) do
      compare("insert", t, at, "new")
      compare("remove", t, at)
    end
  end
end)

test("concat", function()
  for _, t in ipairs(lists) do
    compare("concat", t)
    compare("concat", t, ", ")
    compare("concat", t, {})
    for _, i in ipairs(places) do
      compare("concat", t, "-", i)
      for _, j in ipairs {0, 1, 2, 3, 4, -5} do
        compare("concat", t, "-", i, j)
      end
    end
  end
  assert(table.concat({}, "x", maxinteger, maxinteger - 1) == "")
  assert(table.concat({[maxinteger] = "end"}, "x", maxinteger, maxinteger) == "end")
  assert(table.concat({1, 2.5, "x"}, " ") == "1 2.5 x")
  local ok, message = pcall(table.concat, {1, {}, 3})
  assert(not ok and message == "invalid value (at index 2) in table for 'concat'", message)
end)

test("pack and unpack", function()
  local packed = table.pack(nil, 2, nil)
  assert(packed.n == 3 and packed[2] == 2 and packed[1] == nil)
  assert(table.pack().n == 0)
  for _, t in ipairs(lists) do
    compare("unpack", t)
    for i = -2, 4 do
      for j = -3, 5 do
        compare("unpack", t, i, j)
      end
    end
  end
  for _, range in ipairs {{1, maxinteger}, {mininteger, maxinteger}, {1, 1e7}, {0, maxinteger}, {-1, 1 << 31}} do
    local ok, message = pcall(table.unpack, {}, range[1], range[2])
    assert(not ok and message == "too many results to unpack", message)
  end
  assert(select("#", table.unpack({}, maxinteger, maxinteger)) == 1)
  assert(select("#", table.unpack({}, mininteger, mininteger + 1)) == 2)
  assert(select("#", table.unpack({}, 1, 200)) == 200)
end)

test("move", function()
  for _, t in ipairs(lists) do
    for from = -1, 3 do
      for stop = 0, 4 do
        for to = -1, 5 do
          compare("move", t, from, stop, to)
          compare("move", t, from, stop, to, {9, 9})
        end
      end
    end
  end
  compare("move", {1}, 1, maxinteger, 2)
  compare("move", {1}, mininteger, 1, 2)
  compare("move", {1}, 0, maxinteger, 1)
  compare("move", {1}, 1, 2, maxinteger)
  local same = {1, 2, 3, 4, 5}
  assert(table.concat(table.move(same, 1, 4, 2)) == "11234")
  local alias = setmetatable({}, {__eq = function() return true end})
  local log = {}
  local source = setmetatable({}, {__index = function(_, k) log[#log + 1] = k return k end, __eq = getmetatable(alias).__eq})
  table.move(source, 1, 3, 2, alias)
  assert(table.concat(log, ",") == "3,2,1")
end)

test("metamethods are honoured", function()
  local real = {"a", "b", "c"}
  local proxy = setmetatable({}, {
    __len = function() return #real end,
    __index = real,
    __newindex = function(_, k, v) real[k] = v end,
  })
  table.insert(proxy, 2, "x")
  assert(table.concat(real) == "axbc" and table.concat(proxy) == "axbc" and next(proxy) == nil)
  assert(table.remove(proxy, 1) == "a" and table.concat(real) == "xbc")
  table.sort(proxy)
  assert(table.concat(real) == "bcx" and select("#", table.unpack(proxy)) == 3)
  assert(not pcall(table.insert, setmetatable({}, {__len = function() return "x" end}), 1))
  assert(not pcall(table.concat, setmetatable({}, {__len = function() return {} end})))
  assert(not pcall(table.insert, setmetatable({}, {__len = function() return maxinteger end}), 5, 1, 2))
end)

test("sort orders as stock Lua does", function()
  math.randomseed(3)
  for n = 0, 80 do
    local t = {}
    for i = 1, n do
      t[i] = math.random(4) == 1 and math.random() * 50 or math.random(-50, 50)
    end
    local mine, theirs = copy(t), copy(t)
    table.sort(mine)
    stock_table.sort(theirs)
    assert(table.concat(mine, ",") == table.concat(theirs, ","):gsub("%.0", "%0"))
    table.sort(mine, function(a, b) return a > b end)
    for i = 2, n do
      assert(mine[i - 1] >= mine[i])
    end
  end
  local words = {"b", "a\0b", "a", "", "B", "é", "a\0"}
  table.sort(words)
  assert(table.concat(words, "|") == "|B|a|a\0|a\0b|b|é")
end)

test("sort is stable, also above the size that fits the stack", function()
  for _, n in ipairs {2, 10, 100, 5000} do
    local t = {}
    for i = 1, n do
      t[i] = {key = i * 7919 % 7, at = i}
    end
    table.sort(t, function(a, b) return a.key < b.key end)
    for i = 2, n do
      local a, b = t[i - 1], t[i]
      assert(a.key < b.key or (a.key == b.key and a.at < b.at))
    end
  end
  local numbers = {}
  for i = 1, 6000 do
    numbers[i] = i * 7919 % 6007
  end
  table.sort(numbers)
  for i = 2, 6000 do
    assert(numbers[i - 1] <= numbers[i])
  end
end)

test("sort survives comparators that lie", function()
  local function filled(n)
    local t = {}
    for i = 1, n do
      t[i] = i % 10
    end
    return t
  end
  for _, n in ipairs {2, 3, 10, 100, 5000} do
    for _, compare_by in ipairs {
      function() return true end, function() return false end, function() return math.random() < 0.5 end,
      function(a, b) return a <= b end, function() return nil end, function() end,
    } do
      local t, sum = filled(n), 0
      table.sort(t, compare_by)
      for i = 1, n do
        sum = sum + t[i]
      end
      for _, v in ipairs(filled(n)) do
        sum = sum - v
      end
      assert(#t == n and sum == 0)
    end
    local t = filled(n)
    table.sort(t, function(a, b) -- shrinks, grows and fills the table meanwhile
      t[#t] = nil
      t[1] = "other"
      t.x = {}
      return a < b
    end)
  end
end)

test("sort passes errors on", function()
  local ok, err = pcall(table.sort, {3, 1, 2}, function() error({code = 1}) end)
  assert(not ok and err.code == 1)
  ok, err = pcall(table.sort, {3, "a", {}})
  assert(not ok and err:find("attempt to compare"), err)
  assert(not pcall(table.sort, {1, 2}, "not a function"))
  assert(not pcall(table.sort, {1, 2, nil, 4, n = 4, [4] = "x"}))
  assert(not pcall(table.sort, setmetatable({}, {__len = function() return math.maxinteger end})))
  ok, err = coroutine.resume(coroutine.create(function() table.sort({1, 2}, coroutine.yield) end))
  assert(not ok and err:find("yield across a C-call boundary", 1, true), err)
end)

test("sort uses __lt", function()
  local mt = {__lt = function(a, b) return a.v < b.v end}
  local t = {}
  for i = 1, 20 do
    t[i] = setmetatable({v = i * 7 % 20}, mt)
  end
  table.sort(t)
  for i = 2, 20 do
    assert(t[i - 1].v <= t[i].v)
  end
end)
