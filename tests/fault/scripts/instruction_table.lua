-- SPDX-License-Identifier: MIT
-- what: an instruction that is no text
-- expect: failed script.error "instruction must return a string"
return trigger {
  instruction = function() return {} end, -- HERE
  run = function() return "not reached" end,
}
