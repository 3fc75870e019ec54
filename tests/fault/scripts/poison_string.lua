-- SPDX-License-Identifier: MIT
-- what: replaces the string library under the next run's feet
-- expect: completed {"upper":"poison"}
string.upper = function() return "poison" end -- luacheck: ignore
return trigger {
  run = function()
    for name in pairs(string) do
      if name ~= "upper" then string[name] = nil end -- luacheck: ignore
    end
    return { upper = ("x"):upper() }
  end,
}
