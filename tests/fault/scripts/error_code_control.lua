-- SPDX-License-Identifier: MIT
-- what: a code of control characters
-- expect: failed script.error "x"
return trigger {
  run = function() error { code = "\27[2J\r\n2026-01-01T00:00:00Z info fake", message = "x" } end,
}
