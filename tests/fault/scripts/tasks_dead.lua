-- SPDX-License-Identifier: MIT
-- what: resumes the coroutine of a task that has ended, with what lies on its stack
-- expect: completed {"message":"cannot resume dead coroutine","ok":false,"status":"dead"}
return trigger {
  run = function(_, flow)
    local co
    flow.all { function()
      co = coroutine.running()
      return os.time, 1, 2
    end }
    local ok, message = coroutine.resume(co, 1)
    return { ok = ok, message = message, status = coroutine.status(co) }
  end,
}
