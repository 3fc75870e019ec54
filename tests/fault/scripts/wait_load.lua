-- SPDX-License-Identifier: MIT
-- what: takes a step while it is loaded
-- expect: refused "flow.sleep can only be called inside run"
local flow = require "flow"
flow.sleep "1s" -- HERE
return trigger { run = function() end }
