-- SPDX-License-Identifier: MIT
-- what: keys that are no names
-- expect: failed script.result "result: "
return trigger {
  run = function() return { [true] = 1 } end,
}
