-- SPDX-License-Identifier: MIT
-- what: a million coroutines, none of them finished
-- expect: failed limit.memory
return trigger {
  limits = { cpu = "5s" },
  run = function()
    local all = {}
    for i = 1, 1000000 do
      all[i] = coroutine.create(function() coroutine.yield() end)
      coroutine.resume(all[i])
    end
    return #all
  end,
}
