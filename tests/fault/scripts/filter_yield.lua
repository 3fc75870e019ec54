-- SPDX-License-Identifier: MIT
-- what: a filter that yields
-- expect: failed script.error "attempt to yield from outside a coroutine"
return trigger {
  filter = function() return coroutine.yield(true) end,
  run = function() return "not reached" end,
}
