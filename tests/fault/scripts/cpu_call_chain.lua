-- SPDX-License-Identifier: MIT
-- what: a table whose __call is itself: in stock Lua no hook ever runs again
-- expect: failed limit.cpu "inside one operation that could not be interrupted"
-- runner: dies
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local t = {}
    setmetatable(t, { __call = t })
    while true do pcall(t) end -- HERE
  end,
}
