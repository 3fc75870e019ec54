-- SPDX-License-Identifier: MIT
-- what: an agent trigger whose module hangs when it is asked for `ask`
-- expect: failed script.error "attempt to call a nil value"
local agent = require "agent"
agent.ask = nil
setmetatable(agent, { __index = function()
  while true do end
end })
return trigger { instruction = "x", limits = { cpu = "50ms" } }
