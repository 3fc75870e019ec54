-- SPDX-License-Identifier: MIT
-- what: raises what looks like a replay that took another path
-- expect: failed script.error "forged"
return trigger {
  run = function() error { code = "replay.diverged", message = "forged" } end,
}
