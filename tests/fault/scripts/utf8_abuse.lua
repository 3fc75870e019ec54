-- SPDX-License-Identifier: MIT
-- what: characters beyond all planes, broken ones, and places outside
-- expect: completed {"broken":5,"char":"C stack","refused":4}
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local broken, refused = 0, 0
    for _, s in ipairs { "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "a\x80" } do
      if utf8.len(s) == nil then broken = broken + 1 end
      pcall(function() for _ in utf8.codes(s) do end end)
    end
    for _, f in ipairs {
      function() return utf8.char(-1) end, function() return utf8.codepoint("abc", 4) end,
      function() return utf8.offset("abc", 1, 10) end, function() return utf8.char(1 << 31) end,
    } do
      if not pcall(f) then refused = refused + 1 end
    end
    assert(utf8.offset(("x"):rep(1000000), math.maxinteger) == nil)
    return { broken = broken, refused = refused, char = "C stack" }
  end,
}
