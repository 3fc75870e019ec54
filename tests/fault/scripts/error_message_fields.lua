-- SPDX-License-Identifier: MIT
-- what: a message that closes its quotes and goes on with fields of its own
-- expect: failed script.error "x\" code=ok run=run_forged"
return trigger {
  run = function() error('x" code=ok run=run_forged "', 0) end,
}
