-- SPDX-License-Identifier: MIT
-- what: changes what it has declared, by a metatable that lies
-- expect: completed {"real":true}
local declaration = { run = function() return { real = true } end }
local declared = trigger(declaration)
setmetatable(declaration, {
  __index = function() while true do end end,
  __pairs = function() while true do end end,
  __len = function() return 1e9 end,
})
return declared
