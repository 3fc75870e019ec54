-- SPDX-License-Identifier: MIT
-- what: string.pack of 2 GB
-- expect: failed limit.memory
return trigger {
  run = function()
    pcall(string.pack, "c2147483647", "x")
    return "not reached"
  end,
}
