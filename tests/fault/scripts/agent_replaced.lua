-- SPDX-License-Identifier: MIT
-- what: an agent trigger that answers itself
-- expect: completed {"own":1}
local agent = require "agent"
agent.ask = function() return { own = 1 } end
return trigger { instruction = "x" }
