-- SPDX-License-Identifier: MIT
-- what: inserts at the front of a list that says it is endless
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local t = setmetatable({}, { __len = function() return math.maxinteger - 1 end })
    table.insert(t, 1, "x") -- HERE
  end,
}
