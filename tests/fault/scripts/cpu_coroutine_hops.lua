-- SPDX-License-Identifier: MIT
-- what: never stays in one coroutine long enough to be caught by a count of its own
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    while true do
      coroutine.wrap(function() coroutine.yield() end)()
    end
  end,
}
