-- SPDX-License-Identifier: MIT
-- what: a length that does not fit 64 bits
-- expect: failed script.error "resulting string too large"
return trigger {
  run = function()
    return ("xyz"):rep(math.maxinteger, "sep") -- HERE
  end,
}
