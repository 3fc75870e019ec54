-- SPDX-License-Identifier: MIT
-- what: a code that would be more fields of a log line
-- expect: failed script.error "x"
return trigger {
  run = function()
    error { code = 'a at=- message="ok" run=run_0', message = "x" }
  end,
}
