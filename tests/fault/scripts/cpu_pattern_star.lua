-- SPDX-License-Identifier: MIT
-- what: nested optional stars
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    return (("a"):rep(200):match(("a*"):rep(20) .. "b")) -- HERE
  end,
}
