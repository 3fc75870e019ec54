-- SPDX-License-Identifier: MIT
-- what: hangs 49 coroutines deep, each with a pcall around
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local function dive(depth)
      if depth == 0 then
        while true do end -- HERE
      end
      pcall(coroutine.wrap(function() dive(depth - 1) end))
    end
    dive(49)
  end,
}
