-- SPDX-License-Identifier: MIT
-- what: reaches for the metatable that all strings share
-- expect: completed {"get":false,"index":false,"newindex":false,"set":false}
return trigger {
  run = function()
    return {
      get = getmetatable(""),
      index = (pcall(function() return getmetatable("").__index end)),
      set = (pcall(setmetatable, "", {})),
      newindex = (pcall(function()
        local s = "x"
        s.y = 1
      end)),
    }
  end,
}
