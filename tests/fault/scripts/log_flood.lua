-- SPDX-License-Identifier: MIT
-- what: records without end
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function(_, flow)
    while true do pcall(flow.log, "flood") end
  end,
}
