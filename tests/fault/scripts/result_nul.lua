-- SPDX-License-Identifier: MIT
-- what: a NUL byte in a name
-- expect: failed script.result "NUL byte"
return trigger {
  run = function() return { ["a\0b"] = 1 } end,
}
