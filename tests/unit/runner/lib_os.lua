-- SPDX-License-Identifier: MIT
-- math (random numbers), utf8 and os.
local stock_os = stock.os

local function raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(text, 1, true), tostring(message))
end

test("random numbers follow their seed", function()
  local function draw()
    return table.concat({math.random(), math.random(1000), math.random(-5, 5), math.random(0), math.random(3, 3),
      math.random(math.mininteger, math.maxinteger), math.random(0, math.maxinteger)}, " ")
  end
  for _, seed in ipairs {{1}, {42}, {42, 7}, {-1, math.mininteger}, {3.0}} do
    assert(table.concat({math.randomseed(table.unpack(seed))}, " ") == math.tointeger(seed[1]) .. " " .. (seed[2] or 0))
    local first = draw()
    math.randomseed(table.unpack(seed))
    assert(draw() == first)
    stock.math.randomseed(math.tointeger(seed[1]), seed[2])
    math.randomseed(table.unpack(seed))
    for _ = 1, 50 do
      assert(math.random(0) == stock.math.random(0) and math.random() == stock.math.random())
      local a, b = math.random(-100, 100), stock.math.random(-100, 100)
      assert(a >= -100 and a <= 100 and b)
    end
  end
  assert(math.randomseed(1.5) ~= 1)
  local x, y = math.randomseed()
  local first = draw()
  math.randomseed(x, y)
  assert(draw() == first)
end)

test("random ranges", function()
  local seen = {}
  for _ = 1, 500 do
    seen[math.random(6)] = true
  end
  assert(#seen == 6 and seen[0] == nil and seen[7] == nil)
  raises("interval is empty", math.random, 2, 1)
  raises("interval is empty", math.random, -1)
  raises("wrong number of arguments", math.random, 1, 2, 3)
  raises("no integer representation", math.random, 1.5)
end)

test("utf8", function()
  assert(utf8.char(72, 228, 8364, 128512) == "Hä€😀" and utf8.len("Hä€😀") == 4 and utf8.len("\xff") == nil)
  assert(select("#", utf8.codepoint("Hä€", 1, -1)) == 3 and utf8.offset("Hä€", 3) == 4)
  local out = {}
  for p, c in utf8.codes("aä€") do
    out[#out + 1] = p .. ":" .. c
  end
  assert(table.concat(out, " ") == "1:97 2:228 4:8364")
  for c in ("aä€"):gmatch(utf8.charpattern) do
    out[#out + 1] = c
  end
  assert(out[5] == "ä")
  raises("invalid UTF-8 code", utf8.codepoint, "\xff")
end)

test("the clock is the run's", function()
  assert(os.time() == 1795248000 and os.clock() == 1.5 and os.difftime(10, 4) == 6.0)
  assert(os.date() == "Sat Nov 21 08:00:00 2026" and os.date("!%c") == os.date("%c"))
  assert(os.getenv == nil and os.execute == nil and os.exit == nil and os.setlocale == nil)
end)

local times = {0, 1, -1, 59, 86399, 86400, -86400, 951782400, 951868800, 1709164800, 1795248000, 4102444800, -2208988800,
  -62135596800, -62167219200, -70000000000, 253402300800, 13574563200, 1704067200, 1735689600}

test("date does as stock Lua in UTC", function()
  local letters = "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%"
  math.randomseed(5)
  for i = 1, 600 do
    times[#times + 1] = i < 400 and i * 86400 * 31 + i * 7919 or math.random(-10^11 // 1 | 0, 10^12 // 1 | 0)
  end
  for _, time in ipairs(times) do
    -- before the year 1000 the C library pads years in its own ways
    for letter in (time >= -30610224000 and letters or "AjmUVuw"):gmatch(".") do
      local f = "%" .. letter
      local want, got = stock_os.date("!" .. f, time), os.date(f, time)
      assert(want == got, f .. " of " .. time .. ": stock " .. want .. ", own " .. got)
    end
    local want, got = stock_os.date("!*t", time), os.date("*t", time)
    for _, name in ipairs {"year", "month", "day", "hour", "min", "sec", "wday", "yday", "isdst"} do
      assert(want[name] == got[name], name .. " of " .. time)
    end
    assert(os.time(got) == time)
  end
end)

test("date formats", function()
  for _, f in ipairs {"", "plain", "%Y-%m-%dT%H:%M:%SZ", "%Ec|%EC|%Ex|%EX|%Ey|%EY", "%Od|%Oe|%OH|%OI|%Om|%OM|%OS|%Ou|%OU|%OV|%Ow|%OW|%Oy",
    "a\0b%%", "!%H"} do
    assert(os.date(f, 1795248000) == stock_os.date("!" .. f:gsub("^!", ""), 1795248000), f)
  end
  for _, f in ipairs {"%", "%E", "%O", "%Ea", "%Oa", "%Q", "%i", "%\0", "abc%", "%Ez", "%EOd", "%5d", "%-d", "%s", "%P", "%k"} do
    raises("invalid conversion specifier", os.date, f, 0)
  end
  for _, time in ipairs {math.maxinteger, math.mininteger, 67768036191676800, -67768040609740801} do
    raises("cannot be represented", os.date, "%Y", time)
  end
  assert(os.date("%Y", 67768036191676799) == "2147485547" and os.date("%Y", -67768040609740800) == "-2147481748")
  raises("no integer representation", os.date, "%Y", 1.5)
end)

test("time from a table", function()
  assert(os.time {year = 2026, month = 11, day = 21} == 1795262400)
  assert(os.time {year = 2026, month = 11, day = 21, hour = 8, min = "0", sec = 0.0, isdst = true} == 1795248000)
  local t = {year = 2024, month = 14, day = -3, hour = 25, min = -61, sec = 3600}
  assert(os.date("%F %T", os.time(t)) == "2025-01-29 00:59:00")
  assert(t.year == 2025 and t.month == 1 and t.day == 29 and t.hour == 0 and t.min == 59 and t.sec == 0
    and t.wday == 4 and t.yday == 29 and t.isdst == false)
  math.randomseed(9)
  for _ = 1, 300 do
    local date = {year = math.random(-3000, 9000), month = math.random(-50, 50), day = math.random(-1000, 1000),
      hour = math.random(-1000, 1000), min = math.random(-1000, 1000), sec = math.random(-100000, 100000)}
    local time = os.time(date)
    assert(stock_os.date("!%Y-%m-%d %H:%M:%S", time) == string.format("%d-%02d-%02d %02d:%02d:%02d", date.year, date.month, date.day,
      date.hour, date.min, date.sec))
  end
  raises("field 'day' missing in date table", os.time, {year = 2026, month = 1})
  raises("field 'month' is not an integer", os.time, {year = 2026, month = 1.5, day = 1})
  raises("field 'sec' is not an integer", os.time, {year = 2026, month = 1, day = 1, sec = {}})
  raises("field 'year' is out-of-bound", os.time, {year = 1 << 40, month = 1, day = 1})
  raises("cannot be represented", os.time, {year = 2147485547, month = 13, day = 1})
  raises("table expected", os.time, 5)
end)
