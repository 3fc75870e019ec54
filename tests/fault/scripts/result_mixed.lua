-- SPDX-License-Identifier: MIT
-- what: a list that is an object too
-- expect: failed script.result "result: "
return trigger {
  run = function() return { 1, 2, x = 3 } end,
}
