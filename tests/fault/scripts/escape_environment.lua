-- SPDX-License-Identifier: MIT
-- what: throws its environment away, and gives itself others
-- expect: completed {"after":"boolean","inside":"table"}
return trigger {
  run = function()
    local type, pcall = type, pcall
    local inside
    do
      local _ENV = { x = {} }
      inside = type(x) -- luacheck: ignore
    end
    local _ENV = nil -- luacheck: ignore
    return { inside = inside, after = type(pcall(function() return x end)) } -- luacheck: ignore
  end,
}
