-- SPDX-License-Identifier: MIT
-- what: hangs in metamethods, one a read
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local t = setmetatable({}, {
      __index = function(t, k) return t[k + 1] end,
    })
    while true do pcall(function() return t[1] end) end
  end,
}
