-- SPDX-License-Identifier: MIT
-- what: logs in its instruction
-- expect: failed script.error "can only be called inside run"
local flow = require "flow"
return trigger {
  instruction = function()
    flow.log "x" -- HERE
  end,
  run = function() end,
}
