-- SPDX-License-Identifier: MIT
-- string.format, rep, the packing functions and the strings' metatable.
local stock_format = stock.string.format

-- Of two things that are wrong, stock Lua may see the other one first.
local function outcome(ok, ...)
  if ok then
    return ...
  end
  return "error"
end

test("format does as stock Lua", function()
  local formats = {
    "", "%", "%%", "plain", "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%+.3d", "%i", "%u", "%-5u|", "%x", "%X",
    "%#x", "%08x", "%o", "%#o", "%c", "%5c", "%-5c|", "%e", "%E", "%.3e", "%f", "%.0f", "%#.0f", "%10.2f", "%-10.2f|",
    "%+f", "%g", "%G", "%#g", "%.20g", "%a", "%A", "%.3a", "%s", "%10s", "%-10s|", "%.2s", "%5.1s", "%q", "%5q", "%F",
    "%n", "%l", "%ld", "%hd", "%5", "%.", "%.d", "%5.d", "%.5", "%100d", "%.100d", "%99d", "%.99f", "%99.99f", "%-99.99f",
    "%1.1.1f", "%--5d", "%0000005d", "%-+ #0d", "%#s", "%+s", "%.3c", "%05s", "%+c", "%#d", "%+x", "% x", "%-#x", "%#i",
    "%00000000000000000000d", "%d %d", "%s%s%s", "\0%s\0", "%5%", "a%sb%dc", "%.0s", "%.14g", "%20.10e", "%y",
  }
  local values = {
    0, 1, -1, 65, 1.5, -0.0, 1e15, 1e100, -1e308, 2^53, 3.0, 1 / 0, -1 / 0, stock.math.mininteger, stock.math.maxinteger,
    "", "text", "10", "0x10", "1e1", "a\0b", "q\"\\\n\r\0001\127\200", ("long"):rep(40), true, false,
  }
  for _, f in ipairs(formats) do
    for _, v in ipairs(values) do
      local expected, got = outcome(pcall(stock_format, f, v, v, v)), outcome(pcall(string.format, f, v, v, v))
      assert(expected == got, stock_format("%q of %s: stock %q, own %q", f, tostring(v), expected, got))
    end
    local expected, got = outcome(pcall(stock_format, f)), outcome(pcall(string.format, f))
    assert(expected == got, stock_format("%q: stock %q, own %q", f, expected, got))
  end
end)

test("format shows no address", function()
  assert(string.format("%s %s %s", {}, print, coroutine.create(print)) == "table function thread")
  assert(string.format("%10s|", {}) == "     table|")
  assert(string.format("%s %s", nil, setmetatable({}, {__name = "Money"})) == "nil Money")
  assert(string.format("%s", setmetatable({}, {__tostring = function() return "own" end})) == "own")
  for _, f in ipairs {"%p", "%20p", "%-5p", "%s %p"} do
    local ok, message = pcall(string.format, f, {}, {})
    assert(not ok and message:find("%p is not allowed", 1, true), message)
  end
  assert(not pcall(string.format, "%q", {}))
  assert(not pcall(string.format, "%d", 1.5))
end)

test("format with a hostile __tostring", function()
  local grow = setmetatable({}, {__tostring = function() return ("x"):rep(5000) end})
  assert(string.format("%s%s%.3s", grow, grow, grow) == ("x"):rep(10003))
  assert(not pcall(string.format, "%s", setmetatable({}, {__tostring = function() return {} end})))
  local inner = setmetatable({}, {__tostring = function() return string.format("%5d|%s", 7, ("y"):rep(3000)) end})
  assert(string.format("%d %s %d", 1, inner, 2) == "1     7|" .. ("y"):rep(3000) .. " 2")
  local ok, message = pcall(string.format, "%s", setmetatable({}, {__tostring = function() error("no") end}))
  assert(not ok and message:find("no"))
end)

test("rep", function()
  for n = -1, 20 do
    for _, s in ipairs {"", "a", "abc"} do
      for _, sep in ipairs {"", ",", "<=>"} do
        assert(s:rep(n, sep) == stock.string.rep(s, n, sep))
      end
    end
  end
  local big = ("0123456789"):rep(100000, "|")
  assert(#big == 1099999 and big:sub(-11) == "|0123456789" and big:sub(549990, 550000) == big:sub(1, 11))
  assert(not pcall(string.rep, "x", math.maxinteger, "yy"))
  assert(string.rep("", math.maxinteger) == "")
end)

test("stock parts are there", function()
  assert(("abc"):byte(2) == 98 and string.char(97, 98) == "ab" and ("aB"):upper() == "AB" and ("aB"):lower() == "ab")
  assert(("abc"):reverse() == "cba" and ("abc"):sub(-2) == "bc" and #"abc" == ("abc"):len())
  assert(string.pack("<i4 z s1", 7, "x", "yz") == "\7\0\0\0x\0\2yz")
  assert(string.unpack("<i4", "\7\0\0\0") == 7 and string.packsize("<!8 b i8") == 16)
  assert(not pcall(string.unpack, "s8", "\255\255\255\255\255\255\255\127"))
  assert(not pcall(string.unpack, "i4", "abcd", 100))
  assert(not pcall(string.pack, "i17", 1))
  assert(string.dump == nil)
end)

test("slices are as stock up to 250,000 results", function()
  local s = ("ab"):rep(130000)
  for _, f in ipairs { string.byte, utf8.codepoint } do
    assert(select("#", f(s, 1, 250000)) == 250000 and select("#", f(s, -250000, -1)) == 250000 and f(s) == 97 and f(s, 2) == 98)
    for _, range in ipairs { { 1, 250001 }, { 1, -1 }, { -250001, -1 }, { 1, math.maxinteger } } do
      local ok, why = pcall(f, s, range[1], range[2])
      assert(not ok and (why:find("string slice too long", 1, true) or why:find("out of bounds", 1, true)), why)
    end
  end
  assert(select("#", s:byte(-math.maxinteger, 250000)) == 250000 and select("#", s:byte(math.mininteger, 3)) == 3)
  assert(select("#", s:byte(0)) == 0 and select("#", s:byte(5, 4)) == 0 and s:byte(-1) == 98)
end)

test("the strings' metatable", function()
  assert(getmetatable("") == false)
  assert("10" + 5 == 15 and "3" * "4" == 12 and -"2" == -2 and "7" // 2 == 3)
  assert(not pcall(function() return "a" + 1 end))
  string.shout = function(s) return s:upper() .. "!" end
  assert(("a"):shout() == "A!")
  string.shout = nil
end)
