-- SPDX-License-Identifier: MIT
-- what: an instruction that is never finished
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  instruction = function()
    repeat until false -- HERE
  end,
  run = function() return "not reached" end,
}
