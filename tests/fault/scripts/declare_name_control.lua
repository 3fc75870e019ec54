-- SPDX-License-Identifier: MIT
-- what: a name of control characters
-- expect: refused "name"
return trigger {
  name = "\27[31m\r\nforged",
  run = function() end,
}
