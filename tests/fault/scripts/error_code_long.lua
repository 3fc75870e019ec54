-- SPDX-License-Identifier: MIT
-- what: a code of 10,000 bytes
-- expect: failed script.error "x"
return trigger {
  run = function() error { code = ("x"):rep(10000), message = "x" } end,
}
