-- SPDX-License-Identifier: MIT
-- what: 200 sleepers lose a race against one that does not sleep, ten times
-- expect: completed {"won":10}
return trigger {
  limits = { steps = 10000, cpu = "5s" },
  run = function(_, flow)
    local won = 0
    for _ = 1, 10 do
      local list = {}
      for i = 1, 200 do list[i] = function() flow.sleep "1h" end end
      list[201] = function() return 1 end
      won = won + flow.race(list)
    end
    return { won = won }
  end,
}
