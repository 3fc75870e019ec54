-- SPDX-License-Identifier: MIT
-- what: an instruction that is no UTF-8
-- expect: failed script.error "the instruction is not UTF-8, or has a NUL byte"
return trigger {
  instruction = function() return "\xff" end,
  run = function() return "not reached" end,
}
