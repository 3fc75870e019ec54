-- SPDX-License-Identifier: MIT
-- what: or more than can be counted
-- expect: failed script.error "array too big"
return trigger {
  run = function()
    table.sort(setmetatable({}, { __len = function() return math.maxinteger end })) -- HERE
  end,
}
