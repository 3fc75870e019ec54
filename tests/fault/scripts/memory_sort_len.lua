-- SPDX-License-Identifier: MIT
-- what: __len says that there are 2^31 elements to be sorted
-- expect: failed limit.memory
return trigger {
  run = function()
    pcall(table.sort, setmetatable({}, { __len = function() return 2 ^ 31 - 2 end }))
    return "not reached"
  end,
}
