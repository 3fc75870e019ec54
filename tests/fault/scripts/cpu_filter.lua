-- SPDX-License-Identifier: MIT
-- what: a filter that never decides
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  filter = function()
    while true do end -- HERE
  end,
  run = function() return "not reached" end,
}
