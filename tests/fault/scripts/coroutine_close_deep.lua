-- SPDX-License-Identifier: MIT
-- what: 200 closes in each other, for which Lua 5.4.4 does not count the C stack
-- expect: completed {"survived":true}
return trigger {
  run = function()
    local function nest(n)
      local co = coroutine.create(function()
        local _ <close> = setmetatable({}, { __close = function()
          if n > 0 then nest(n - 1) end
        end })
        coroutine.yield()
      end)
      coroutine.resume(co)
      pcall(coroutine.close, co)
    end
    nest(200)
    return { survived = true }
  end,
}
