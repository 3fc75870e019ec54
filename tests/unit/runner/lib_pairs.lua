-- SPDX-License-Identifier: MIT
-- next, pairs, ipairs: the order, what may change on the way, and what is refused.
local function walk(t, how)
  local out = {}
  if how == "next" then
    for k, v in next, t do
      assert(rawequal(t[k], v))
      out[#out + 1] = tostring(k)
    end
  else
    for k, v in pairs(t) do
      assert(rawequal(t[k], v))
      out[#out + 1] = tostring(k)
    end
  end
  return table.concat(out, " ")
end

local function expect(t, order)
  for _, how in ipairs {"pairs", "next"} do
    local got = walk(t, how)
    assert(got == order, how .. ": expected " .. order .. ", got " .. got)
  end
end

test("the order of keys", function()
  expect({}, "")
  expect({1, 2, 3}, "1 2 3")
  expect({"a", "b", x = 1, A = 2}, "1 2 A x")
  expect({[3] = 1, [1] = 1, [10] = 1, [2] = 1}, "1 2 3 10")
  expect({[0] = 1, [-3] = 1, [1.5] = 1, [1] = 1, [7] = 1, [-0.5] = 1}, "1 7 -3 -0.5 0 1.5")
  expect({[math.huge] = 1, [-math.huge] = 1, [2^53] = 1, [math.maxinteger] = 1, [math.mininteger] = 1, [1e300] = 1},
    "9007199254740992 9223372036854775807 -inf -9223372036854775808 1e+300 inf")
  expect({b = 1, a = 1, ab = 1, [""] = 1, ["a\0b"] = 1, ["é"] = 1, B = 1}, " B a a\0b ab b é")
  expect({[true] = 1, [false] = 1, s = 1, [0] = 1}, "0 s false true")
  expect({[print] = 1, s = 1, [true] = 1, 9}, "1 s true function")
  expect({prefix12 = 1, prefix1 = 1, prefix123456 = 1, prefix = 1, prefix13 = 1},
    "prefix prefix1 prefix12 prefix123456 prefix13")
end)

test("holes and sparse arrays", function()
  local t = {}
  for i = 1, 300 do
    t[i] = i
  end
  t[100], t[1], t[300], t[250], t.x = nil, nil, nil, nil, true
  local want = {}
  for i = 1, 300 do
    if t[i] then
      want[#want + 1] = i
    end
  end
  want[#want + 1] = "x"
  expect(t, table.concat(want, " "))
end)

test("many keys", function()
  local t, names = {}, {}
  for i = 1, 3000 do
    local name = "k" .. i * 7919 % 100003
    t[name] = i
    names[#names + 1] = name
  end
  table.sort(names)
  expect(t, table.concat(names, " "))
end)

test("fields may be cleared and changed on the way", function()
  for _, start in ipairs {pairs, function(t) return next, t, nil end} do
    local t = {1, 2, 3, a = 1, b = 2, c = 3, d = 4, [2.5] = 1}
    local out = {}
    for k in start(t) do
      out[#out + 1] = tostring(k)
      t[k] = nil
    end
    assert(table.concat(out, " ") == "1 2 3 2.5 a b c d" and next(t) == nil)
    t = {a = 1, b = 2, c = 3, d = 4}
    out = {}
    for k, v in start(t) do
      out[#out + 1] = k .. v
      t.c = nil
      t.d = 9
    end
    assert(table.concat(out, " ") == "a1 b2 d9")
    t = {1, 2, 3, 4, 5, x = 1}
    out = {}
    for k in start(t) do
      out[#out + 1] = tostring(k)
      t[3] = nil
      t[k] = "changed"
    end
    assert(table.concat(out, " ") == "1 2 4 5 x", table.concat(out, " "))
  end
end)

test("traversals of one table inside each other", function()
  for _, start in ipairs {pairs, function(t) return next, t, nil end} do
    local t, n = {a = 1, b = 2, c = 3, 10, 20}, 0
    for k1 in start(t) do
      for k2 in start(t) do
        n = n + 1
        if k2 == k1 then
          break
        end
      end
      assert(next(t) == 1)
    end
    assert(n == 15)
  end
end)

test("next starts anew after an abandoned traversal", function()
  local t = {a = 1, b = 2}
  for k in next, t do
    if k == "b" then
      break
    end
  end
  t.c, t.aa = 3, 4
  expect(t, "a aa b c")
  -- the only-one-field idiom on a table that changes
  local s = {k = 1, l = 2}
  assert(next(s, next(s)) == "l")
  s.k, s.z = nil, 3
  assert(next(s) == "l" and next(s, next(s)) == "z" and next(s, "z") == nil)
  -- the same where the first keys are a sequence
  local u = {1, [5] = 5}
  assert(next(u, 1) == 5)
  u[2], u[3], u[4], u.new = 2, 3, 4, true
  expect(u, "1 2 3 4 5 new")
end)

test("next as a question whether anything is there", function()
  local t = {a = 1, b = 2, c = 3}
  local out = {}
  for k in next, t do
    out[#out + 1] = k
    t[k] = nil
    if next(t) == nil then
      out[#out + 1] = "empty"
    end
  end
  assert(table.concat(out, " ") == "a b c empty")
  assert(next({}) == nil and next({}, nil) == nil)
end)

test("next from a key that is not there goes on behind its place", function()
  assert(next({a = 1, c = 2}, "b") == "c")
  assert(next({10, 20, x = 1}, 2) == "x")
  assert(next({10, 20}, 7) == nil)
  assert(next({a = 1}, true) == nil)
end)

test("many tables at once", function()
  local function deep(n)
    return n == 0 and {} or {left = deep(n - 1), right = n, x = {n}}
  end
  local function count(t)
    local n = 1
    for _, v in next, t do
      if type(v) == "table" then
        n = n + count(v)
      end
    end
    return n
  end
  assert(count(deep(40)) == 81)
end)

test("objects as keys", function()
  local a, b = {}, {}
  for _, t in ipairs {{[a] = 1, [b] = 2}, {[a] = 1, [print] = 2, x = 1}, {[coroutine.create(print)] = 1, [a] = 2, 1, 2}} do
    local ok, message = pcall(walk, t)
    assert(not ok and message:find("tables/functions as keys have no order", 1, true), message)
    assert(not pcall(walk, t, "next"))
  end
  local t = {[a] = 1, [b] = 2, x = 3}
  assert(next(t) == "x")
  t.x, t[b] = nil, nil
  assert(next(t) == a and next(t, a) == nil)
end)

test("pairs and its metamethod", function()
  local t = setmetatable({}, {__pairs = function(self) return function(_, k) return not k and 1 or nil, "one" end, self, nil end})
  for k, v in pairs(t) do
    assert(k == 1 and v == "one")
  end
  local f, s, c = pairs(setmetatable({}, {__pairs = function() return 1, 2, 3, 4 end}))
  assert(f == 1 and s == 2 and c == 3)
  local co = coroutine.wrap(function()
    for k in pairs(setmetatable({}, {__pairs = function(self) coroutine.yield("inside") return next, {7}, nil end})) do
      return k
    end
  end)
  assert(co() == "inside" and co() == 1)
  assert(not pcall(pairs) and not pcall(pairs, 1) and not pcall(next) and not pcall(next, "x"))
end)

test("the function that pairs returns is a next", function()
  local step, t, start = pairs({a = 1, b = 2, 5})
  assert(start == nil and step(t) == 1 and step(t, 1) == "a" and step(t, "a") == "b" and step(t, "b") == nil)
  assert(step(t, "a") == "b" and step(t, 1) == "a" and step(t, nil) == 1)
  local other = {x = 1, y = 2}
  assert(step(other) == "x" and step(other, "x") == "y" and step(other, "y") == nil)
  assert(step(t, "a") == "b")
  assert(not pcall(step, 1) and not pcall(step))
end)

test("raw access only", function()
  local t = setmetatable({a = 1}, {__index = function() error("touched") end, __len = function() error("touched") end})
  expect(t, "a")
end)

test("ipairs", function()
  local out = {}
  for i, v in ipairs(setmetatable({1, 2}, {__index = function(_, i) return i < 5 and i * 10 or nil end})) do
    out[#out + 1] = i .. "=" .. v
  end
  assert(table.concat(out, " ") == "1=1 2=2 3=30 4=40")
end)

test("random tables against a sorted list", function()
  math.randomseed(11)
  local function rank(k)
    return type(k) == "number" and (math.type(k) == "integer" and k > 0 and 1 or 2) or 3
  end
  for _ = 1, 300 do
    local t, keys = {}, {}
    for _ = 1, math.random(0, 60) do
      local kind = math.random(4)
      local k = kind == 1 and math.random(-5, 40) or kind == 2 and math.random(-20, 20) / 4 or kind == 3 and math.random(30)
        or string.char(math.random(97, 99)):rep(math.random(0, 12)) .. math.random(3)
      k = math.tointeger(k) or k
      if t[k] == nil then
        t[k] = true
        keys[#keys + 1] = k
      end
    end
    table.sort(keys, function(a, b)
      if rank(a) ~= rank(b) then
        return rank(a) < rank(b)
      end
      return a < b
    end)
    for i, k in ipairs(keys) do
      keys[i] = tostring(k)
    end
    expect(t, table.concat(keys, " "))
  end
end)
