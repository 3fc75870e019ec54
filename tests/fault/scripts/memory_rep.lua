-- SPDX-License-Identifier: MIT
-- what: a terabyte in one call, in a pcall
-- expect: failed limit.memory
return trigger {
  run = function()
    pcall(string.rep, "x", 1 << 40)
    return "not reached"
  end,
}
