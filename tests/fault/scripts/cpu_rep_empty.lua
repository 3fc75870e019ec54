-- SPDX-License-Identifier: MIT
-- what: repeats nothing 2^63 times, which takes stock Lua 300 years
-- expect: completed {"bytes":0}
return trigger {
  run = function()
    return { bytes = #(""):rep(math.maxinteger, "") }
  end,
}
