-- SPDX-License-Identifier: MIT
-- what: pcall around flow.fail, and around a fail in a task
-- expect: failed own.code "final"
return trigger {
  run = function(_, flow)
    pcall(flow.all, { function() pcall(flow.fail, "final", "own.code") end })
    return "not reached"
  end,
}
