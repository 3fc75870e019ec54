-- SPDX-License-Identifier: MIT
-- what: asks for nothing at all
-- expect: refused "limits.steps: not a number"
return trigger {
  limits = { steps = 0 / 0 },
  run = function() end,
}
