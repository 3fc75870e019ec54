-- SPDX-License-Identifier: MIT
-- what: recursion without end
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local function f(n) return 1 + f(n + 1) end
    return pcall(f, 1)
  end,
}
