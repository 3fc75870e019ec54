-- SPDX-License-Identifier: MIT
-- what: fills a table for ever
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local t = {}
    for i = 1, math.huge do t[i] = { i } end -- HERE
  end,
}
