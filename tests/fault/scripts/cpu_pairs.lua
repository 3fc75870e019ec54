-- SPDX-License-Identifier: MIT
-- what: __pairs gives an iterator that gives the same for ever
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local t = setmetatable({}, { __pairs = function(t) return function() return 1, 1 end, t end })
    for _ in pairs(t) do end
  end,
}
