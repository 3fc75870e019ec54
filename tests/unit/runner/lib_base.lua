-- SPDX-License-Identifier: MIT
-- The basic functions: tostring, setmetatable, load, and that the stock ones are whole.
local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(text, 1, true), tostring(message))
end

test("tostring shows no address", function()
  assert(tostring({}) == "table" and tostring(print) == "function" and tostring(function() end) == "function")
  assert(tostring(coroutine.create(print)) == "thread" and tostring(nil) == "nil" and tostring(false) == "false")
  assert(tostring(1) == "1" and tostring(1.0) == "1.0" and tostring(-0.0) == "-0.0" and tostring(1e100) == "1e+100")
  assert(tostring(2^63) == "9.2233720368548e+18" and tostring(math.mininteger) == "-9223372036854775808")
  assert(tostring(setmetatable({}, {__name = "Money"})) == "Money")
  assert(tostring(setmetatable({}, {__name = 7})) == "table")
  assert(tostring(setmetatable({}, {__tostring = function() return "own" end, __name = "x"})) == "own")
  raises("'__tostring' must return a string", tostring, setmetatable({}, {__tostring = function() return {} end}))
  raises("value expected", tostring)
end)

test("setmetatable refuses finalizers and weakness", function()
  raises("__gc is not allowed in triggers", setmetatable, {}, {__gc = function() end})
  raises("__gc is not allowed in triggers", setmetatable, {}, {__gc = true})
  raises("__mode is not allowed in triggers", setmetatable, {}, {__mode = "k"})
  raises("__mode is not allowed in triggers", setmetatable, {}, {__mode = false})
  local mt = setmetatable({}, {__index = {__gc = print, __mode = "k"}})
  assert(getmetatable(setmetatable({}, mt)) == mt)
end)

test("setmetatable is stock otherwise", function()
  local t, mt = {}, {}
  assert(setmetatable(t, mt) == t and getmetatable(t) == mt and setmetatable(t, nil) == t and getmetatable(t) == nil)
  setmetatable(t, {__metatable = "locked"})
  assert(getmetatable(t) == "locked")
  raises("cannot change a protected metatable", setmetatable, t, {})
  raises("nil or table expected", setmetatable, {})
  raises("nil or table expected", setmetatable, {}, 1)
  raises("table expected", setmetatable, "", {})
end)

test("a __mode that comes later has no effect", function()
  for _, mode in ipairs {"k", "v", "kv"} do
    local mt = {}
    local t = setmetatable({}, mt)
    mt.__mode = mode
    for i = 1, 50 do
      t[i] = {i}
      t[{}] = i
    end
    t.name = {}
    collect()
    collect()
    local n = 0
    for i = 1, 50 do
      n = n + (t[i] and 1 or 0)
    end
    assert(n == 50 and t.name and mt.__mode == mode)
    mt.__mode = nil
    collect()
    assert(mt.__mode == nil)
    mt.__mode = 7
    collect()
    assert(mt.__mode == 7)
  end
end)

test("a __gc that comes later has no effect", function()
  local ran = false
  local mt = {}
  setmetatable({}, mt)
  mt.__gc = function() ran = true end
  collect()
  assert(not ran)
  raises("__gc is not allowed", setmetatable, {}, mt)
end)

test("load takes text", function()
  assert(load("return 1 + 1")() == 2)
  assert(load("x = 5 return x", "name", "t", {x = 1})() == 5 and x == nil)
  assert(load("return ...", nil, "bt")(7) == 7)
  assert(load("return x", nil, nil, nil) and not pcall(load("return x", nil, nil, nil)))
  local f, message = load("return +", "=support/refund.lua")
  assert(f == nil and message:find("^%(load%):1:"), message)
  f = load("error('here')", "@other.lua")
  raises("(load):1: here", f)
end)

test("load takes a reader", function()
  local pieces = {"return ", "1", " + 1"}
  assert(load(function() return table.remove(pieces, 1) end)() == 2)
  pieces = {"return 5", "", " + 1"}
  assert(load(function() return table.remove(pieces, 1) end)() == 5)
  local f, message = load(function() error({code = 3}) end)
  assert(f == nil and message.code == 3)
  f, message = load(function() return {} end)
  assert(f == nil and message == "reader function must return a string")
  f, message = load(function() return "-- for ever\n" end)
  assert(f == nil and message == "load: a chunk of more than 65536 bytes is not allowed", message)
  raises("function expected", load, nil)
end)

test("load refuses what is not text", function()
  for _, mode in ipairs {"b", "bt", "t"} do
    local f, message = load("\27Lua", "x", mode)
    assert(f == nil and message:find("binary"), message)
    f, message = load(function() local s = "\27Lua" return s end, "x", mode)
    assert(f == nil, message)
  end
  local f, message = load("return 1", "x", "b")
  assert(f == nil and message == "attempt to load a text chunk (mode is 'b')")
  f, message = load((" "):rep(65537))
  assert(f == nil and message == "load: a chunk of more than 65536 bytes is not allowed")
  assert(load((" "):rep(65536)))
  assert(load("#!line\nreturn 1") == nil)
end)

test("stock functions", function()
  assert(select("#") == 0 and select("#", nil, nil) == 2 and select(-1, 1, 2) == 2)
  raises("out of range", select, 0)
  assert(tonumber("0x10") == 16 and tonumber("10", 2) == 2 and tonumber("z") == nil and tonumber("  1e1  ") == 10)
  assert(rawequal("a", "a") and rawlen({1, 2}) == 2 and rawget({a = 1}, "a") == 1 and type(rawset({}, 1, 2)) == "table")
  assert(select(2, pcall(error, {1}))[1] == 1 and select("#", assert(1, 2, 3)) == 3)
  raises("assertion failed!", assert, false)
  local ok, trace = xpcall(function() local x = nil; return x.y end, function(m) return "handled: " .. m end)
  assert(not ok and trace:find("^handled: .*attempt to index"), trace)
  assert(_G._G == _G and _VERSION == "Lua 5.4")
  for _, name in ipairs {"dofile", "loadfile", "collectgarbage", "warn", "require", "io", "debug", "package", "arg"} do
    assert(_G[name] == nil, name)
  end
end)
