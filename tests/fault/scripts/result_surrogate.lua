-- SPDX-License-Identifier: MIT
-- what: a lone surrogate, as utf8.char makes it
-- expect: failed script.result "not UTF-8"
return trigger {
  run = function() return utf8.char(0xD800) end,
}
