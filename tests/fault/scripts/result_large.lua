-- SPDX-License-Identifier: MIT
-- what: a result of 3 MB
-- expect: failed limit.output "the result is larger than 1048576 bytes"
return trigger {
  run = function() return ("x"):rep(3000000) end,
}
