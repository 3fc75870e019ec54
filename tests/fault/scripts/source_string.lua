-- SPDX-License-Identifier: MIT
-- what: a string that never ends
-- expect: refused "unfinished string"
return trigger { run = function() return "x
