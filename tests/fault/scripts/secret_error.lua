-- SPDX-License-Identifier: MIT
-- what: raises a secret
-- expect: failed script.error "a userdata value was raised"
return trigger {
  run = function() error(secret "KEY") end,
}
