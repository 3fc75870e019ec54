-- SPDX-License-Identifier: MIT
-- what: 20,000 keys walked with a traversal for each: quadratic work hidden in one call
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local t = {}
    for i = 1, 20000 do t["k" .. i] = i end
    for _ = 1, 20000 do
      for k in next, t do
        t[k] = t[k] + 1
        break
      end
    end
    return "not reached"
  end,
}
