-- SPDX-License-Identifier: MIT
-- what: sleeps longer than it may live
-- expect: timed_out limit.wall "longer than its wall time allows"
return trigger {
  limits = { wall = "300ms" },
  run = function(_, flow)
    while true do pcall(flow.sleep, "1h") end -- HERE
  end,
}
