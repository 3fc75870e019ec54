-- SPDX-License-Identifier: MIT
-- what: empties _G, and leaves a metatable there that lies to whoever comes next
-- expect: completed {"ok":true}
return trigger {
  run = function()
    local next, setmetatable, G = next, setmetatable, _G
    for name in next, G do G[name] = nil end
    setmetatable(G, { __index = function() return "lie" end, __newindex = function() end })
    return { ok = true }
  end,
}
