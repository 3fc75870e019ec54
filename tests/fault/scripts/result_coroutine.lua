-- SPDX-License-Identifier: MIT
-- what: a coroutine as a result
-- expect: failed script.result "result: a thread cannot be written as JSON"
return trigger {
  run = function() return coroutine.running() end,
}
