-- SPDX-License-Identifier: MIT
-- what: ranges of random numbers at their edges, seeds of all kinds
-- expect: completed {"ok":true,"refused":6}
return trigger {
  run = function()
    local refused = 0
    for _, args in ipairs { { 2, 1 }, { 1.5 }, { "x" }, { math.huge }, { -1 }, { 1, 2, 3 } } do
      if not pcall(math.random, table.unpack(args)) then refused = refused + 1 end
    end
    local ok = math.type(math.random(math.mininteger, math.maxinteger)) == "integer" and math.random(5, 5) == 5
    for _ = 1, 1000 do
      local a, b, c = math.random(), math.random(0), math.random(math.maxinteger)
      ok = ok and a >= 0 and a < 1 and math.type(b) == "integer" and c >= 1
    end
    math.randomseed(0 / 0, math.maxinteger)
    math.randomseed(-0.0)
    return { ok = ok, refused = refused }
  end,
}
