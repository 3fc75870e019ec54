-- SPDX-License-Identifier: MIT
-- what: a list whose second item is the billionth
-- expect: failed script.result "result: "
return trigger {
  run = function() return { [1] = 1, [1000000000] = 2 } end,
}
