-- SPDX-License-Identifier: MIT
-- what: an object that says it is a task, a file, a runner
-- expect: completed {"task":"task"}
return trigger {
  run = function(_, flow)
    local forged = setmetatable({}, { __name = "task" })
    assert(not pcall(flow.all, { forged }) and not pcall(flow.race, forged))
    return { task = tostring(forged) }
  end,
}
