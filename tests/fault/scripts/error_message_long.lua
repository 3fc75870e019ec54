-- SPDX-License-Identifier: MIT
-- what: a message of 10 MB
-- expect: failed script.error "xxxx"
return trigger {
  limits = { memory = "64MB" },
  run = function() error(("x"):rep(10000000), 0) end,
}
