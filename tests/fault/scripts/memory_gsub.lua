-- SPDX-License-Identifier: MIT
-- what: a replacement that multiplies
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "5s" },
  run = function()
    return #(("x"):rep(100000):gsub("x", ("%0"):rep(10000)))
  end,
}
