-- SPDX-License-Identifier: MIT
-- what: moves 2^62 elements that are not there
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    pcall(table.move, {}, 1, math.maxinteger // 2, 2)
    return "not reached"
  end,
}
