-- SPDX-License-Identifier: MIT
-- what: raises what looks like a kill by the host
-- expect: failed script.error "the run used more than 50 ms of CPU between two steps"
return trigger {
  run = function()
    error { code = "limit.cpu", message = "the run used more than 50 ms of CPU between two steps" }
  end,
}
