-- SPDX-License-Identifier: MIT
-- what: a task that yields to nobody
-- expect: failed script.error "attempt to yield from outside a coroutine"
return trigger {
  run = function(_, flow)
    flow.all { function() coroutine.yield(1) end } -- a task is a main program
  end,
}
