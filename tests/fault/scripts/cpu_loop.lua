-- SPDX-License-Identifier: MIT
-- what: computes for ever
-- expect: failed limit.cpu "50 ms of CPU between two steps"
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    while true do end -- HERE
  end,
}
