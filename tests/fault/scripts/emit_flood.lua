-- SPDX-License-Identifier: MIT
-- what: progress without end, in tasks
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function(_, flow)
    local function flood() while true do flow.emit("x", 1) end end
    flow.all { flood, flood }
  end,
}
