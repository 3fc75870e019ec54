-- SPDX-License-Identifier: MIT
-- what: a plain search that is quadratic when done naively
-- expect: completed {"found":false}
return trigger {
  run = function()
    local found = ("a"):rep(2000000):find(("a"):rep(1000000) .. "b", 1, true)
    return { found = found ~= nil }
  end,
}
