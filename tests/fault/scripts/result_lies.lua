-- SPDX-License-Identifier: MIT
-- what: a result whose metatable says other things than it holds
-- expect: completed {"real":1}
return trigger {
  run = function()
    return setmetatable({ real = 1 }, {
      __index = function() while true do end end,
      __pairs = function() while true do end end,
      __len = function() return 1e9 end,
      __tostring = function() while true do end end,
      __eq = function() while true do end end,
      __name = "lie",
      __close = function() while true do end end,
    })
  end,
}
