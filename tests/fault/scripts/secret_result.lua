-- SPDX-License-Identifier: MIT
-- what: gives a secret back
-- expect: failed script.result "result.key: "
return trigger {
  run = function() return { key = secret "KEY" } end,
}
