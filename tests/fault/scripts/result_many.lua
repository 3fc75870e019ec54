-- SPDX-License-Identifier: MIT
-- what: 200,000 results
-- expect: completed 1
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local t = {}
    for i = 1, 200000 do t[i] = i end
    return table.unpack(t)
  end,
}
