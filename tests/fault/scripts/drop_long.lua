-- SPDX-License-Identifier: MIT
-- what: a reason of a megabyte
-- expect: dropped "xxxx"
return trigger {
  filter = function() return nil, ("x"):rep(1000000) end,
  run = function() return "not reached" end,
}
