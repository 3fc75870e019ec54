-- SPDX-License-Identifier: MIT
-- what: functions where there is data
-- expect: refused "name"
return trigger {
  name = function() return "x" end,
  run = function() end,
}
