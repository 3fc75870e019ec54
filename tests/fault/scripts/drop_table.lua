-- SPDX-License-Identifier: MIT
-- what: a reason that is no text, and a million values behind it
-- expect: dropped
return trigger {
  filter = function() return false, setmetatable({}, { __tostring = function() error "x" end }), 1, 2, 3 end,
  run = function() return "not reached" end,
}
