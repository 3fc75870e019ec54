-- SPDX-License-Identifier: MIT
-- what: another one
-- expect: failed script.result "result: "
return trigger {
  run = function() return -math.huge end, -- HERE
}
