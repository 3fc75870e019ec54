-- SPDX-License-Identifier: MIT
-- what: a pattern that backtracks for years
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    pcall(string.find, ("a"):rep(5000), (".-"):rep(20) .. "b")
    return "not reached"
  end,
}
