-- SPDX-License-Identifier: MIT
-- what: bytes that are no text
-- expect: failed script.result "result.x: a string that is not UTF-8"
return trigger {
  run = function() return { x = "\xff\xfe" } end,
}
