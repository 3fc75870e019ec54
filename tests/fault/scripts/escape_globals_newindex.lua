-- SPDX-License-Identifier: MIT
-- what: has _G hang when the host takes `trigger` away behind the load
-- expect: refused "250 ms of CPU"
local declaration = trigger { run = function() end }
trigger = nil -- luacheck: ignore
setmetatable(_G, { __newindex = function()
  while true do end
end })
return declaration
