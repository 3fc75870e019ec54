-- SPDX-License-Identifier: MIT
-- what: a __concat that comes after setmetatable, and lets the stack grow in the middle of a chain of joins
-- expect: completed {"joined":false,"survived":true}
return trigger {
  limits = { cpu = "5s", memory = "64MB" },
  run = function()
    local meta = {}
    local t = setmetatable({}, meta)
    local function deep(n)
      if n > 0 then return 1 + deep(n - 1) end
      return 0
    end
    meta.__concat = function()
      deep(20000)
      return "x"
    end
    local joined = false
    for i = 1, 50 do
      joined = coroutine.wrap(function() return (pcall(function() return "a" .. i .. t .. "b" .. t .. i end)) end)() or joined
    end
    return { survived = true, joined = joined }
  end,
}
