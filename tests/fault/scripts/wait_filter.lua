-- SPDX-License-Identifier: MIT
-- what: takes a step in its filter
-- expect: failed script.error "can only be called inside run"
local flow = require "flow"
return trigger {
  filter = function()
    flow.sleep "1s" -- HERE
  end,
  run = function() end,
}
