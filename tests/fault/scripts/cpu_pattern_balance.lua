-- SPDX-License-Identifier: MIT
-- what: %b that never closes, tried from every place
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    return (("("):rep(400000):find "%b()x")
  end,
}
