-- SPDX-License-Identifier: MIT
-- what: tasks in tasks in tasks, each waiting for the one below
-- expect: completed {"depth":100}
return trigger {
  run = function(_, flow)
    local function dive(n)
      if n == 0 then return 0 end
      return flow.all({ function() return dive(n - 1) end })[1] + 1
    end
    return { depth = dive(100) }
  end,
}
