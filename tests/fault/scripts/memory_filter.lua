-- SPDX-License-Identifier: MIT
-- what: a filter that fills its memory
-- expect: failed limit.memory
return trigger {
  filter = function() return #("x"):rep(1 << 30) end,
  run = function() return "not reached" end,
}
