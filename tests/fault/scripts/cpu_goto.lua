-- SPDX-License-Identifier: MIT
-- what: the shortest endless loop there is
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    ::again::
    goto again -- HERE
  end,
}
