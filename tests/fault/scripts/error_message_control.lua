-- SPDX-License-Identifier: MIT
-- what: a message that would be lines of the log, colours and a title of the terminal
-- expect: failed script.error "\u001b[31m\r\n2026-01-01T00:00:00.000Z error run=run_0 \"forged\"\u0007"
return trigger {
  run = function()
    error("\27[31m\r\n2026-01-01T00:00:00.000Z error run=run_0 \"forged\"\7\xc2\x9b1m", 0)
  end,
}
