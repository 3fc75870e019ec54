-- SPDX-License-Identifier: MIT
-- what: puts control characters into the message of a module that is not there
-- expect: failed script.error "module 'a\u001b[31m\r\n' not found"
return trigger {
  run = function()
    require "a\27[31m\r\n" -- HERE
  end,
}
