-- SPDX-License-Identifier: MIT
-- what: resumes, closes and wraps itself
-- expect: completed {"close":false,"message":"cannot resume non-suspended coroutine","resume":false,"wrap":false}
return trigger {
  run = function()
    local self = coroutine.running()
    local resume, message = coroutine.resume(self)
    local wrapped
    wrapped = coroutine.wrap(function() return wrapped() end)
    return { resume = resume, message = message, close = (pcall(coroutine.close, self)), wrap = (pcall(wrapped)) }
  end,
}
