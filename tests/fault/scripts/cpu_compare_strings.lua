-- SPDX-License-Identifier: MIT
-- what: compares long strings for ever
-- expect: failed limit.cpu
return trigger {
  limits = { cpu = "50ms" },
  run = function()
    local a, b = ("x\0"):rep(1000000) .. "a", ("x\0"):rep(1000000) .. "b"
    local n = 0
    while a < b do n = n + 1 end -- HERE
    return n
  end,
}
