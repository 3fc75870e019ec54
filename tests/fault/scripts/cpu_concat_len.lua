-- SPDX-License-Identifier: MIT
-- what: __len says that there are 2^63 strings to be joined
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local t = setmetatable({}, {
      __len = function() return math.maxinteger end,
      __index = function() return "" end,
    })
    pcall(table.concat, t)
    return "not reached"
  end,
}
