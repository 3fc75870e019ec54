-- SPDX-License-Identifier: MIT
-- what: a result that is six times as long in JSON
-- expect: failed limit.output
return trigger {
  run = function() return ("\1"):rep(300000) end,
}
