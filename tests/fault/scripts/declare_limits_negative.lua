-- SPDX-License-Identifier: MIT
-- what: asks for less than nothing
-- expect: refused "limits.steps"
return trigger {
  limits = { steps = -1 },
  run = function() end,
}
