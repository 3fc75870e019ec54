-- SPDX-License-Identifier: MIT
-- what: removes from the front of one
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    table.remove(setmetatable({}, { __len = function() return math.maxinteger end }), 1) -- HERE
  end,
}
