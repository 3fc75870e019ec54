-- SPDX-License-Identifier: MIT
-- what: raises nothing
-- expect: failed script.error "a nil value was raised"
return trigger {
  run = function() error(nil) end,
}
