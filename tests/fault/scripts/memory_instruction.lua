-- SPDX-License-Identifier: MIT
-- what: an instruction that is larger than anybody may read
-- expect: failed limit.output
return trigger {
  instruction = function() return ("x"):rep(4000000) end,
  run = function() return "not reached" end,
}
