-- SPDX-License-Identifier: MIT
-- what: asks for more than there is
-- expect: refused "limits.cpu"
return trigger {
  limits = { cpu = "1000d" },
  run = function() end,
}
