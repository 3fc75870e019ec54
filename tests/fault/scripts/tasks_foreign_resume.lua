-- SPDX-License-Identifier: MIT
-- what: resumes, closes and wraps coroutines of other tasks, of the root, and of tasks that were cancelled
-- expect: completed {"cancelled":"normal","closed":false,"other":false,"root":false,"waits":false}
return trigger {
  run = function(_, flow)
    local root, results = coroutine.running(), {}
    local other, waiting
    flow.race {
      function()
        other = coroutine.running()
        waiting = coroutine.create(function() flow.sleep "1h" end)
        coroutine.resume(waiting)
      end,
      function()
        results.root = coroutine.resume(root)
        results.other = coroutine.resume(other)
        results.waits = coroutine.resume(waiting)
        results.closed = pcall(coroutine.close, other)
      end,
    }
    results.cancelled = coroutine.status(waiting)
    assert(not coroutine.resume(waiting) and not coroutine.resume(other))
    assert(not pcall(coroutine.close, waiting))
    flow.sleep "1ms"
    return results
  end,
}
