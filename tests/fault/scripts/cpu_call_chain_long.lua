-- SPDX-License-Identifier: MIT
-- what: a chain of 100 __call tables, called for ever
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local f = function() end
    for _ = 1, 100 do f = setmetatable({}, { __call = f }) end
    while true do f() end
  end,
}
