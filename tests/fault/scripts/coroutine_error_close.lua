-- SPDX-License-Identifier: MIT
-- what: errors in __close of a coroutine that died of an error, again and again
-- expect: completed {"message":"third"}
return trigger {
  run = function()
    local function raiser(what)
      return setmetatable({}, { __close = function() error(what, 0) end })
    end
    local _, message = pcall(coroutine.wrap(function()
      local _ <close> = raiser "third"
      local _ <close> = raiser "second"
      error("first", 0)
    end))
    return { message = (message:gsub("^.-:%d+: ", "")) }
  end,
}
