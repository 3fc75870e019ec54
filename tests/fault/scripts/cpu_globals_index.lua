-- SPDX-License-Identifier: MIT
-- what: a metatable of _G that hangs when somebody else looks for a global
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    setmetatable(_G, { __index = function()
      while true do end -- HERE
    end })
    return nowhere -- luacheck: ignore
  end,
}
