-- SPDX-License-Identifier: MIT
-- what: sorts what cannot be compared, and NaN among numbers
-- expect: completed {"mixed":false,"nan":100}
return trigger {
  run = function()
    local t = {}
    for i = 1, 100 do t[i] = i % 3 == 0 and 0 / 0 or -i end
    table.sort(t)
    return { nan = #t, mixed = (pcall(table.sort, { 1, "x", {}, false })) }
  end,
}
