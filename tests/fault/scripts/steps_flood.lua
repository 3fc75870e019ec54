-- SPDX-License-Identifier: MIT
-- what: steps without end, each in a pcall
-- expect: failed limit.steps "more than 50 steps"
return trigger {
  limits = { steps = 50 },
  run = function(_, flow)
    while true do
      pcall(flow.step, "s", function() end) -- HERE
    end
  end,
}
