-- SPDX-License-Identifier: MIT
-- what: a number that JSON does not have
-- expect: failed script.result "result.x: "
return trigger {
  run = function() return { x = 0 / 0 } end, -- HERE
}
