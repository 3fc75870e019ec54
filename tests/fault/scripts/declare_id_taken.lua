-- SPDX-License-Identifier: MIT
-- what: takes the address of another trigger
-- expect: refused "canary.canary"
return trigger {
  id = "canary.canary",
  run = function() end,
}
