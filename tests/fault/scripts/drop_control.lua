-- SPDX-License-Identifier: MIT
-- what: a reason of control characters and bytes that are no text
-- expect: dropped "\u001b[31m\nforged \ufffd"
return trigger {
  filter = function() return false, "\27[31m\nforged \xff" end,
  run = function() return "not reached" end,
}
