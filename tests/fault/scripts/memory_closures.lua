-- SPDX-License-Identifier: MIT
-- what: closures that hold each other
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local last = function() end
    while true do
      local before = last
      last = function() return before end
    end
  end,
}
