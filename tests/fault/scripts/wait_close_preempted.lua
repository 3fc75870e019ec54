-- SPDX-License-Identifier: MIT
-- what: computes for many slices in a __close that coroutine.close runs; a preemption there must not tear it
-- expect: completed {"closed":true,"rounds":200,"wrapped":200}
return trigger {
  limits = { cpu = "10s" },
  run = function(_, flow)
    local rounds, wrapped = 0, 0
    local function work()
      local sum = 0
      for i = 1, 200000 do sum = sum + i % 7 end
      return sum
    end
    local closed = true
    for _ = 1, 200 do
      local co = coroutine.create(function()
        local _ <close> = setmetatable({}, { __close = function() work() rounds = rounds + 1 end })
        coroutine.yield()
      end)
      coroutine.resume(co)
      closed = coroutine.close(co) and closed
      pcall(coroutine.wrap(function()
        local _ <close> = setmetatable({}, { __close = function() work() wrapped = wrapped + 1 end })
        error "x"
      end))
    end
    flow.sleep "1ms"
    return { closed = closed, rounds = rounds, wrapped = wrapped }
  end,
}
