-- SPDX-License-Identifier: MIT
-- what: large records without end: more than the journal may hold
-- expect: failed limit.journal "64 MB of journal"
return trigger {
  limits = { cpu = "10s" },
  run = function(_, flow)
    local text = ("x"):rep(60000)
    while true do pcall(flow.log, text) end -- HERE
  end,
}
