-- SPDX-License-Identifier: MIT
-- what: makes 400 MB of garbage, 16 MB of which may live
-- expect: completed {"sum":4000}
return trigger {
  limits = { cpu = "10s" },
  run = function()
    local sum = 0
    for i = 1, 4000 do
      local s = ("x"):rep(100000) .. i
      sum = sum + #s // 100000
    end
    return { sum = sum }
  end,
}
