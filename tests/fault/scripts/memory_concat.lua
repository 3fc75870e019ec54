-- SPDX-License-Identifier: MIT
-- what: joins one string many times
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local big = ("x"):rep(1000000)
    return #table.concat({ big, big, big, big, big, big, big, big, big, big, big, big, big, big, big, big }, big)
  end,
}
